/**
 * Fingerprints of what is remembered. Their sum is kept in the state, so that the digest covers
 * sessions and keys without walking them.
 */
import type { Sender } from "../command/Command.ts"
import type { Result } from "../command/Result.ts"
import { byText, type Remembered, type Session, type State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import * as Fingerprint from "../value/Fingerprint.ts"

/** A name for owner and key together, another for every pair. @category getters */
export const keyName = ({ key, owner }: Extract<Sender, { readonly _tag: "Key" }>): string =>
  JSON.stringify([owner, key])

/** Of a session, without its results. @category getters */
export const ofSession = (id: string, { lowest, owner, seen }: Session): number =>
  Fingerprint.of(JSON.stringify([id, owner, lowest, seen]))

/** Of a result of a session. @category getters */
export const ofResult = (session: string, seq: number, kept: Remembered): number =>
  ofRemembered(`${seq} ${session}`, kept)

/** Of the result of a one-shot command. @category getters */
export const ofKey = (name: string, kept: Remembered): number => ofRemembered(name, kept)

/** The sum for a state that was read back. @category getters */
export const sum = ({ keys, sessions }: Pick<State, "keys" | "sessions">): number => {
  let all = 0
  for (const [name, kept] of Tree.entries(keys)) all = Fingerprint.add(all, ofKey(name, kept))
  for (const [id, session] of Tree.entries(sessions))
    all = Fingerprint.add(all, ofWholeSession(id, session))
  return all
}

/** Of a session and all its results. @category getters */
export const ofWholeSession = (id: string, session: Session): number => {
  let all = ofSession(id, session)
  for (const [seq, kept] of Tree.entries(session.results))
    all = Fingerprint.add(all, ofResult(id, seq, kept))
  return all
}

const ofRemembered = (name: string, { fingerprint, index, result, time }: Remembered) =>
  Fingerprint.of(`${index} ${time} ${fingerprint} ${textOf(result)} ${name}`)

const textOf = (result: Result): string =>
  result._tag === "Written"
    ? `${result.version} ${result.matched} ${result.modified} ${result.id ?? ""}`
    : sorted(result)

/**
 * Read back from a snapshot, a refusal may have its fields in another order. How an issue is worded
 * is left out: another release may word it better, and is no other replica for that.
 */
const sorted = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? `{${Object.entries(value)
        .filter(([name]) => name !== "issue")
        .toSorted(([a], [b]) => byText(a, b))
        .map(([name, member]) => `${name}:${sorted(member)}`)
        .join()}}`
    : JSON.stringify(value)
