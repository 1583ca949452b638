/**
 * Puts a state together from the records of a snapshot.
 *
 * A snapshot may come from another node or from a file that somebody kept. So what is in it is
 * checked as if it came in commands, and what later code relies on, such as the order of keys, is
 * checked too.
 */
import * as rememberedSum from "../apply/rememberedSum.ts"
import * as resultBytes from "../apply/resultBytes.ts"
import * as State from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import type { Value } from "../value/Value.ts"
import { makeCollections } from "./RestoredCollections.ts"
import { makeKeys, makeSessions } from "./RestoredResults.ts"

/** What a snapshot says of the whole state, before all else. @category models */
export type Start = Pick<State.State, "index" | "time" | "language">

/** @category models */
export interface Restored {
  /** What is wrong with the record, if anything is. Then no more may be added. */
  readonly add: (record: Value) => string | undefined
  /** The state of all records, or what is wrong with it. */
  readonly finish: () => State.State | string
}

/** @category constructors */
export const makeRestored = (start: Start): Restored => {
  const collections = makeCollections(start.index)
  const sessions = makeSessions(start.index)
  const keys = makeKeys(start.index)
  return {
    add: (record) => {
      if (!Array.isArray(record)) return unknown
      switch (record[0]) {
        case "d":
          return collections.addDocument(record)
        case "c":
          return collections.begin(record)
        case "s":
          return sessions.begin(record)
        case "r":
          return sessions.addResult(record)
        case "k":
          return keys.add(record)
        default:
          return unknown
      }
    },
    finish: () => {
      const found = collections.finish()
      if (typeof found === "string") return found
      const remembered = { sessions: sessions.finish(), ...keys.finish() }
      return {
        ...start,
        collections: Tree.fromSorted(
          State.byText,
          found.map((collection) => [collection.name, collection] as const)
        ),
        documents: found.reduce((sum, { documents }) => sum + documents.size, 0),
        bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
        ...remembered,
        resultBytes: resultBytes.sum(remembered),
        rememberedSum: rememberedSum.sum(remembered)
      }
    }
  }
}

const unknown = "a record of an unknown kind"
