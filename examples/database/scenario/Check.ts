/** Compares what was written, what was seen, and what is stored. */
import { count, type Copy, differences } from "./Parcel.ts"
import type { Watcher } from "./Watcher.ts"
import type { Change, Writer } from "./Writer.ts"

/** What is wrong with what the watcher saw, if anything. */
export const events = (watcher: Watcher, writer: Writer): ReadonlyArray<string> => {
  const first = watcher.events[0]?.version ?? 0
  const seen = names(watcher.events)
  // What was written before the watch began is in the parcels it began with.
  const written = names(writer.changes.filter(({ version }) => version >= first))
  const missed = Array.from(written).filter((name) => !seen.has(name)).length
  const invented = Array.from(seen).filter((name) => !written.has(name)).length
  const twice = watcher.events.length - seen.size
  return [
    ...watcher.issues.slice(0, shownMax),
    ...told(Math.max(0, watcher.issues.length - shownMax), "more of this kind"),
    ...told(missed, "writes were never seen"),
    ...told(invented, "changes were seen that nobody wrote"),
    ...told(twice, "changes were seen twice")
  ]
}

const shownMax = 3

/** What differs between two collections of parcels. */
export const copies = (one: Copy, other: Copy, what: string): ReadonlyArray<string> =>
  told(differences(one, other), `parcels differ: ${what}`)

export const told = (number: number, what: string): ReadonlyArray<string> =>
  number === 0 ? [] : [`${count(number)} ${what}`]

/** A document changes at most once in a version. */
const names = (changes: ReadonlyArray<Change>) =>
  new Set(changes.map(({ id, version }) => `${id} at ${version}`))
