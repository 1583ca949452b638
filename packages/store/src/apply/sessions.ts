/** Opens sessions, and forgets them, and the results of one-shot commands, when they are old. */
import type { ExpireSessions, OpenSession } from "../command/Command.ts"
import { forgetMax } from "../command/Limits.ts"
import { emptyResults, type Session } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import * as Fingerprint from "../value/Fingerprint.ts"
import * as Draft from "./Draft.ts"
import * as resultBytes from "./resultBytes.ts"
import { ofKey, ofSession, ofWholeSession } from "./rememberedSum.ts"

/** A session that is open already stays as it is. @category combinators */
export const open = (draft: Draft.Draft, op: typeof OpenSession.Type): Draft.Outcome => {
  const { owner, session: id } = op
  const { edit, state } = draft
  const known = Tree.get(state.sessions, id)
  if (known !== undefined && known.owner !== owner)
    return { _tag: "InvalidCommand", path: "session", issue: "the session belongs to someone else" }
  if (known !== undefined) return Draft.written(draft, 0, 0)
  const session: Session = { owner, lowest: 1, results: emptyResults, seen: state.time }
  draft.state = {
    ...state,
    sessions: Tree.set(state.sessions, id, session, edit),
    rememberedSum: Fingerprint.add(state.rememberedSum, ofSession(id, session))
  }
  return Draft.written(draft, 0, 0)
}

/**
 * Forgets at most `forgetMax` keys, the oldest, and about as many sessions and results of theirs,
 * in the order of the sessions' ids. What remains due is for the next command.
 *
 * @category combinators
 */
export const expire = (draft: Draft.Draft, op: typeof ExpireSessions.Type): Draft.Outcome => {
  // What is walked stays as it is while others are taken out.
  Draft.protect(draft)
  const { edit, state } = draft
  let { keyOrder, keys, rememberedSum: sum, resultBytes: bytes, sessions } = state
  let forgotten = 0
  for (const [id, session] of Tree.entries(state.sessions)) {
    if (forgotten >= forgetMax) break
    if (session.seen > op.sessionsBefore) continue
    forgotten += 1 + session.results.size
    sum = Fingerprint.subtract(sum, ofWholeSession(id, session))
    bytes -= resultBytes.ofSession(session)
    sessions = Tree.remove(sessions, id, edit)
  }
  const keysMin = keys.size - forgetMax
  for (const [index, name] of Tree.entries(state.keyOrder)) {
    if (keys.size <= keysMin) break
    const kept = Tree.get(keys, name)!
    // Time never goes back, so all that comes later is younger.
    if (kept.time > op.keysBefore) break
    sum = Fingerprint.subtract(sum, ofKey(name, kept))
    keys = Tree.remove(keys, name, edit)
    keyOrder = Tree.remove(keyOrder, index, edit)
  }
  draft.state = { ...state, keyOrder, keys, rememberedSum: sum, resultBytes: bytes, sessions }
  return Draft.written(draft, 0, 0)
}
