/** Which version of which log a caller has seen, of what the nodes told it. */

/**
 * @category models
 * @since 0.1.0
 */
export interface Seen {
  readonly log: string
  readonly version: number
  /** The log that was followed before, and when it was left. */
  readonly left: string
  readonly leftMs: number
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const nothing: Seen = { log: "", version: 0, left: "", leftMs: 0 }

/**
 * After an answer of a node with this log and version.
 *
 * Versions of two logs do not compare; the newer answer says which log counts now. But a node that
 * has not heard of the new log yet must not lead back to the old one, so that one is not believed
 * until every node has heard.
 *
 * @category combinators
 * @since 0.1.0
 */
export const later = (
  seen: Seen,
  { log, version }: { readonly log: string; readonly version: number },
  nowMs: number
): Seen => {
  // A node that has not reached the writer yet, or has stopped following it, names no log.
  if (log === "") return seen
  if (log === seen.log) return version > seen.version ? { ...seen, version } : seen
  if (log === seen.left && nowMs - seen.leftMs < backAfterMs) return seen
  return { log, version, left: seen.log, leftMs: nowMs }
}

/** More than a follower takes to ask the writer again. */
const backAfterMs = 60_000
