/**
 * RA2, Raft §5.3: while a node leads, its log only grows at the end. A log changes by cutting off its end
 * and appending, so it suffices to find the last entry again that was there at the event before.
 */
import type { Entry } from "@distri/raft/Entry"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Invariant } from "../Invariant.ts"
import { sameEntry } from "./sameEntry.ts"

interface Leading {
  term: Term
  last: LogIndex
  entry: Entry | undefined
}

export const leaderAppendOnly: Invariant = {
  rule: "RA2",
  title: "LeaderAppendOnly",
  on: ["Stepped", "Started"],
  make: () => {
    const leading: Array<Leading | undefined> = []
    return (_, event) => {
      if (event._tag !== "Stepped" && event._tag !== "Started") return undefined
      const { number, raft, name } = event.node
      const before = leading[number]
      if (event._tag === "Started" || raft?.role !== "leader") {
        if (before !== undefined) leading[number] = undefined
        return undefined
      }
      const { log, term } = raft
      if (before === undefined || before.term !== term) {
        leading[number] = { term, last: log.lastIndex, entry: log.entry(log.lastIndex) }
        return undefined
      }
      if (log.lastIndex < before.last) {
        return `${name} leads term ${term} and dropped entry ${before.last}`
      }
      if (before.entry !== undefined && before.last >= log.firstIndex) {
        const now = log.entry(before.last)
        if (now !== before.entry && (now === undefined || !sameEntry(now, before.entry))) {
          return `${name} leads term ${term} and replaced entry ${before.last}`
        }
      }
      if (log.lastIndex !== before.last) {
        before.last = log.lastIndex
        before.entry = log.entry(log.lastIndex)
      }
      return undefined
    }
  }
}
