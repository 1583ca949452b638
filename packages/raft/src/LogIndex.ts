/**
 * Names the places and times of a log. The brands are types only: nothing is checked at run time, a
 * plain number may be given, but a term where an index belongs is an error of the compiler.
 */

/** Marks a number as one of these kinds. Numbers without a mark pass, numbers of another kind do not. */
type Kind<Name extends string> = number & { readonly "~kind"?: Name }

/**
 * The place of an entry. The first entry has 1; 0 stands before it. At most 2^53 - 1.
 *
 * @category models
 * @since 0.1.0
 */
export type LogIndex = Kind<"LogIndex">

/**
 * The number of an election. Each term has at most one leader (Raft §5.1); 0 is before all elections.
 *
 * @category models
 * @since 0.1.0
 */
export type Term = Kind<"Term">

/**
 * Milliseconds since 1970 as a leader saw them. It never goes back along the log.
 *
 * @category models
 * @since 0.1.0
 */
export type LogTime = Kind<"LogTime">
