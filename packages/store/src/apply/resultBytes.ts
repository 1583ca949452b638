/**
 * What the results that sessions have not acknowledged take of memory. A node that proposes keeps their
 * sum within its limit; it is no part of the digest or of snapshots.
 */
import type { Remembered, Session, State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"

/** An answer, what it is remembered with, and its place in a tree. */
const emptyBytes = 200

/** About, and of its texts a byte a character. @category getters */
export const ofResult = ({ result }: Remembered): number =>
  emptyBytes +
  (result._tag === "Written" ? (result.id?.length ?? 0) : JSON.stringify(result).length)

/** Of all results of a session. @category getters */
export const ofSession = ({ results }: Session): number => {
  let all = 0
  for (const [, kept] of Tree.entries(results)) all += ofResult(kept)
  return all
}

/** The sum for a state that was read back. @category getters */
export const sum = ({ sessions }: Pick<State, "sessions">): number => {
  let all = 0
  for (const [, session] of Tree.entries(sessions)) all += ofSession(session)
  return all
}
