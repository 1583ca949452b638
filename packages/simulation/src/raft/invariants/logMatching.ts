/**
 * RA3, Raft §5.3: an index and a term name one entry in all logs, and with it all entries before.
 *
 * For each (index, term) that a log ever held, its entry and the term before it are remembered. If every
 * log agrees with that at each of its places, then two logs that meet at one place agree below it, by
 * induction; so only places that are new in a log are looked at.
 */
import type { Entry } from "@distri/raft/Entry"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { LogView } from "@distri/raft/RaftView"
import type { Invariant } from "../Invariant.ts"
import { sameEntry } from "./sameEntry.ts"

interface Place {
  readonly entry: Entry
  readonly termBefore: Term | undefined
}

/** What a log held at the event before, by index. What lies below its first entry is out of date. */
interface Mirror {
  last: LogIndex
  readonly entries: Map<LogIndex, Entry>
}

export const logMatching: Invariant = {
  rule: "RA3",
  title: "LogMatching",
  on: ["Stepped", "Started"],
  make: () => {
    const places = new Map<LogIndex, Array<Place>>()
    const mirrors: Array<Mirror> = []
    return (_, event) => {
      if (event._tag !== "Stepped" && event._tag !== "Started") return undefined
      const { number, raft, name } = event.node
      if (raft === undefined) return undefined
      const { log } = raft
      const mirror = (mirrors[number] ??= { last: 0, entries: new Map() })
      for (let index = firstNew(mirror, log); index <= log.lastIndex; index++) {
        const entry = log.entry(index)
        if (entry === undefined) return `${name} has a gap at ${index}`
        mirror.entries.set(index, entry)
        const before = log.entry(index - 1)
        if (before !== undefined && before.time > entry.time)
          return `${name}: time goes back at ${index}`
        const problem = compare(places, entry, index, log.term(index - 1))
        if (problem !== undefined) return `${name} at ${index} in term ${entry.term}: ${problem}`
      }
      mirror.last = log.lastIndex
      return undefined
    }
  }
}

/** Logs change at their end only: back from there, the first entry that was there before ends the news. */
const firstNew = (mirror: Mirror, log: LogView): LogIndex => {
  if (log.lastIndex < log.firstIndex) return log.lastIndex + 1
  let index = Math.min(mirror.last, log.lastIndex)
  while (index >= log.firstIndex && log.entry(index) !== mirror.entries.get(index)) index--
  return Math.max(index + 1, log.firstIndex)
}

const compare = (
  places: Map<LogIndex, Array<Place>>,
  entry: Entry,
  index: LogIndex,
  termBefore: Term | undefined
): string | undefined => {
  if (entry.index !== index) return `the entry says it is ${entry.index}`
  if (termBefore !== undefined && termBefore > entry.term) {
    return `terms go back along the log, from ${termBefore}`
  }
  const known = places.get(index)
  const place = known?.find((place) => place.entry.term === entry.term)
  if (place === undefined) {
    if (known === undefined) places.set(index, [{ entry, termBefore }])
    else known.push({ entry, termBefore })
    return undefined
  }
  if (!sameEntry(place.entry, entry)) return "another log holds another entry there"
  return place.termBefore === termBefore
    ? undefined
    : `another log has term ${place.termBefore} before it, not ${termBefore}`
}
