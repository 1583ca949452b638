/** Sessions, and the results of one-shot commands, as they are read from a snapshot. */
import * as Schema from "effect/Schema"
import { empty, emptyResults, type Remembered, type Session, type State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import type { LogIndex } from "../value/LogIndex.ts"
import type { Value } from "../value/Value.ts"
import { KeyRecord, ResultRecord, SessionRecord } from "./Records.ts"

/** `last`: the index of the state, in which nothing is younger. @category constructors */
export const makeSessions = (last: LogIndex) => {
  const edit = Tree.makeEdit()
  let sessions = empty.sessions
  let open: { readonly id: string; readonly session: Session } | undefined
  let results: Array<readonly [number, Remembered]> = []

  const close = () => {
    if (open === undefined) return
    const session = { ...open.session, results: Tree.fromSorted(emptyResults.compare, results) }
    sessions = Tree.set(sessions, open.id, session, edit)
    results = []
  }

  return {
    begin: (record: Value): string | undefined => {
      close()
      const read = decodeSession(record)
      if (read._tag === "Failure") return read.failure.message
      const [, id, owner, lowest, seen] = read.success
      if (open !== undefined && open.id >= id) return "sessions are out of order"
      open = { id, session: { owner, lowest, results: emptyResults, seen } }
      return
    },
    addResult: (record: Value): string | undefined => {
      if (open === undefined) return "a result outside of a session"
      const read = decodeResult(record)
      if (read._tag === "Failure") return read.failure.message
      const [, seq, index, time, result] = read.success
      if (!comesAfter(results, seq)) return `results of session "${open.id}" are out of order`
      if (index > last) return `a result of session "${open.id}" is of a later entry`
      results.push([seq, { index, time, fingerprint: 0, result }])
      return
    },
    finish: (): State["sessions"] => {
      close()
      return sessions
    }
  }
}

/** `last`: the index of the state, in which nothing is younger. @category constructors */
export const makeKeys = (last: LogIndex) => {
  const edit = Tree.makeEdit()
  let { keys } = empty
  const order: Array<readonly [number, string]> = []
  return {
    add: (record: Value): string | undefined => {
      const read = decodeKey(record)
      if (read._tag === "Failure") return read.failure.message
      const [, name, index, time, fingerprint, result] = read.success
      if (!comesAfter(order, index)) return "results of one-shot commands are out of order"
      if (index > last) return "a result of a one-shot command is of a later entry"
      order.push([index, name])
      keys = Tree.set(keys, name, { index, time, fingerprint, result }, edit)
      return keys.size === order.length ? undefined : "two results of the same one-shot command"
    },
    finish: (): Pick<State, "keys" | "keyOrder"> => ({
      keys,
      keyOrder: Tree.fromSorted(empty.keyOrder.compare, order)
    })
  }
}

const decodeSession = Schema.decodeUnknownResult(SessionRecord)
const decodeResult = Schema.decodeUnknownResult(ResultRecord)
const decodeKey = Schema.decodeUnknownResult(KeyRecord)

const comesAfter = (entries: ReadonlyArray<readonly [number, unknown]>, key: number) =>
  entries.length === 0 || entries.at(-1)![0] < key
