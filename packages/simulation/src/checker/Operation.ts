import type { Outcome } from "./Model.ts"

/**
 * One call of a client, as seen from outside. It took effect at one instant in [`called`, `returned`].
 *
 * An operation with the same session and sequence number that was sent several times is *one* operation,
 * from the first call to the last answer.
 *
 * **Gotchas**: operations that touch at one instant count as concurrent, also those of one client. Where
 * times are coarse, record with `History`, which numbers calls and returns instead.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operation<Input, Output> {
  /** One at a time: a client calls again only after the last call returned, or was given up. */
  readonly client: string
  readonly input: Input
  readonly called: number
  /** Infinity when the client gave up: the operation may take effect at any later time, or never. */
  readonly returned: number
  /** Undefined where nobody learned it. */
  readonly outcome: Outcome<Output> | undefined
}
