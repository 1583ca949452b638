/**
 * The bytes of entries that follow each other in a log, in messages and records.
 *
 * Where they begin is said elsewhere, so the index of an entry takes no bytes and cannot be wrong; terms
 * and times never fall along a log, so only their growth is written. Most entries take four bytes more
 * than their data.
 */
import { type Entry, entryBytes } from "../Entry.ts"
import { invariant } from "../invariant.ts"
import type { LogIndex, Term } from "../LogIndex.ts"
import { defaults } from "../RaftConfig.ts"
import type { Reader } from "./Reader.ts"
import type { Writer } from "./Writer.ts"

const kinds = ["command", "confChange", "noop"] as const

/** At least what `writeEntries` takes, for ordinary numbers. */
export const entriesSize = (entries: ReadonlyArray<Entry>): number => {
  let size = 8
  for (const entry of entries) size += entryBytes(entry)
  return size
}

/** `first`: the index of the first entry. `term`: a term not above that of the first. */
export const writeEntries = (
  writer: Writer,
  entries: ReadonlyArray<Entry>,
  first: LogIndex,
  term: Term
): void => {
  writer.number(entries.length)
  let lastTerm = term
  let lastTime = 0
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]!
    invariant(entry.index === first + at, "RA3: entries that are sent or stored follow each other")
    writer.byte(entry.kind === "command" ? 0 : kinds.indexOf(entry.kind))
    writer.number(entry.term - lastTerm)
    writer.number(entry.time - lastTime)
    writer.data(entry.data)
    lastTerm = entry.term
    lastTime = entry.time
  }
}

/** The data of the entries are views of what the reader reads. */
export const readEntries = (reader: Reader, first: LogIndex, term: Term): ReadonlyArray<Entry> => {
  const count = reader.count(4)
  if (count > 0) reader.sum(first, count - 1)
  const entries: Array<Entry> = []
  let lastTerm = term
  let lastTime = 0
  for (let at = 0; at < count; at++) {
    const kind = kinds[reader.choice(kinds.length)]!
    lastTerm = reader.sum(lastTerm, reader.number())
    lastTime = reader.sum(lastTime, reader.number())
    const data = reader.data()
    if (data.length > defaults.entryMaxBytes) reader.fail("entry is too long")
    if (reader.problem !== undefined) return []
    entries.push({ term: lastTerm, index: first + at, kind, time: lastTime, data })
  }
  return entries
}
