/**
 * What every sender was answered, so that a command which is delivered twice takes effect once and
 * gets the same answer.
 *
 * A session numbers its commands from 1. They may arrive in any order, and each says up to which
 * number the sender has its answers. Whoever sends a single command gives it a key instead. All
 * this is part of the state, so it outlives restarts and is the same on every node.
 */
import type { Sender } from "../command/Command.ts"
import { unacknowledgedMax } from "../command/Limits.ts"
import type { Refused } from "../command/Refusal.ts"
import type { Result } from "../command/Result.ts"
import type { Remembered, Session, State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import * as Fingerprint from "../value/Fingerprint.ts"
import type { Draft } from "./Draft.ts"
import * as resultBytes from "./resultBytes.ts"
import { keyName, ofKey, ofResult, ofSession } from "./rememberedSum.ts"

type OfKey = Extract<Sender, { readonly _tag: "Key" }>
type OfSession = Extract<Sender, { readonly _tag: "Session" }>

/**
 * The answer that `sender` got before. A node may give it without asking the log; if there is none,
 * the command can still stand in the log further on.
 *
 * @category getters
 */
export const recall = (state: State, sender: Sender): Result | undefined => {
  switch (sender._tag) {
    case "System":
      return undefined
    case "Key": {
      const known = Tree.get(state.keys, keyName(sender))
      if (known === undefined || known.fingerprint === sender.fingerprint) return known?.result
      return { _tag: "IdempotencyKeyReused", key: sender.key }
    }
    case "Session": {
      const { seq, session: id } = sender
      const session = Tree.get(state.sessions, id)
      if (session === undefined) return undefined
      if (seq < session.lowest) return { _tag: "Stale", session: id, seq }
      return Tree.get(session.results, seq)?.result
    }
  }
}

/**
 * Refusals that nobody remembers. Each is about the one attempt that got it: another attempt of the
 * same command may have run before, or may still run.
 *
 * @category configuration
 */
export const unremembered: ReadonlyArray<Result["_tag"]> = [
  "SessionExpired",
  "TooManyUnacknowledged"
]

/** Why a command that was not answered before may not run. @category predicates */
export const refusal = (state: State, sender: Sender): Refused | undefined => {
  if (sender._tag !== "Session") return undefined
  const session = Tree.get(state.sessions, sender.session)
  if (session === undefined) return { _tag: "SessionExpired", session: sender.session }
  const { results } = session
  // What this very command acknowledges makes room for it.
  if (results.size < unacknowledgedMax || after(results, sender.ack) < unacknowledgedMax)
    return undefined
  return { _tag: "TooManyUnacknowledged", session: sender.session, max: unacknowledgedMax }
}

/**
 * Whether a command of a session lets go of a result for the one that it adds, or its session holds no
 * more than `shareBytes` of them.
 *
 * @category predicates
 */
export const makesRoom = (
  { sessions }: State,
  { ack, session: id }: OfSession,
  shareBytes: number
): boolean => {
  const session = Tree.get(sessions, id)
  const first = session === undefined ? undefined : Tree.first(session.results)
  return session === undefined || first === undefined || first[0] <= ack
    ? true
    : resultBytes.ofSession(session) <= shareBytes
}

/** Keeps the answer, and forgets those that the sender says it has. @category combinators */
export const remember = (draft: Draft, sender: Sender, result: Result): void => {
  if (sender._tag === "Key") rememberKey(draft, sender, result)
  if (sender._tag === "Session") rememberInSession(draft, sender, result)
}

const rememberKey = (draft: Draft, sender: OfKey, result: Result) => {
  const { edit, state } = draft
  const { index, time } = state
  const name = keyName(sender)
  const kept: Remembered = { index, time, fingerprint: sender.fingerprint, result }
  draft.state = {
    ...state,
    keys: Tree.set(state.keys, name, kept, edit),
    keyOrder: Tree.set(state.keyOrder, index, name, edit),
    rememberedSum: Fingerprint.add(state.rememberedSum, ofKey(name, kept))
  }
}

const rememberInSession = (draft: Draft, { ack, seq, session: id }: OfSession, result: Result) => {
  const { edit, state } = draft
  const before = Tree.get(state.sessions, id)
  // The command may have ended its own session.
  if (before === undefined) return
  const kept: Remembered = { index: state.index, time: state.time, fingerprint: 0, result }
  let results = Tree.set(before.results, seq, kept, edit)
  let sum = Fingerprint.add(state.rememberedSum, ofResult(id, seq, kept))
  let bytes = state.resultBytes + resultBytes.ofResult(kept)
  let first = Tree.first(results)
  while (first !== undefined && first[0] <= ack) {
    sum = Fingerprint.subtract(sum, ofResult(id, ...first))
    bytes -= resultBytes.ofResult(first[1])
    results = Tree.remove(results, first[0], edit)
    first = Tree.first(results)
  }
  const { lowest, owner } = before
  const session: Session = { owner, lowest: Math.max(lowest, ack + 1), results, seen: state.time }
  sum = Fingerprint.subtract(sum, ofSession(id, before))
  sum = Fingerprint.add(sum, ofSession(id, session))
  draft.state = {
    ...state,
    sessions: Tree.set(state.sessions, id, session, edit),
    resultBytes: bytes,
    rememberedSum: sum
  }
}

/** How many results stand after number `ack`. */
const after = (results: Session["results"], ack: number) => {
  const result = Tree.scan(results, { within: (seq) => (seq <= ack ? -1 : 0) })
  let count = 0
  while (result.next()) count += 1
  return count
}
