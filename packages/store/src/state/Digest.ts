/**
 * One short text that equal states share, whichever way they came about. Nodes compare it: two that
 * applied the same entries and differ have met a bug, and one of them must load a snapshot.
 *
 * It is cheap, since every collection keeps the sum of its documents' fingerprints; a sum does not
 * depend on the order of what is added.
 */
import * as Tree from "../tree/Tree.ts"
import * as Fingerprint from "../value/Fingerprint.ts"
import type { Collection, Index, State, Stored } from "./State.ts"

/** What a document adds to the sum of its collection. @category getters */
export const place = ({ fingerprint, rev }: Stored): number => {
  write(0, fingerprint)
  write(4, rev)
  return Fingerprint.ofUnits(units, units.length)
}

/** 13 hexadecimal digits. @category getters */
export const digest = (state: State): string => {
  const { bytes, documents, index, language, rememberedSum, time } = state
  const collections = Array.from(Tree.entries(state.collections), ([, collection]) =>
    describe(collection)
  )
  const all = [
    index,
    time,
    language,
    documents,
    bytes,
    state.sessions.size,
    state.keys.size,
    rememberedSum,
    collections
  ]
  return Fingerprint.toHex(Fingerprint.of(JSON.stringify(all)))
}

const describe = ({
  bytes,
  documents,
  indexes,
  name,
  options,
  sum,
  uid,
  version
}: Collection): ReadonlyArray<unknown> => [
  name,
  uid,
  version,
  documents.size,
  bytes,
  sum,
  options.expires ?? null,
  options.documentsMax ?? null,
  options.bytesMax ?? null,
  indexes.map(describeIndex)
]

const describeIndex = ({ bytes, entries, keys, multi, name, unique }: Index) => [
  name,
  keys,
  unique,
  multi,
  entries.size,
  bytes
]

/** Two numbers of up to 53 bits. Their texts would take ten times as long. */
const units = new Uint16Array(8)

/** An element of `units` takes the lowest 16 bits of what it is given. */
const write = (at: number, number: number) => {
  const high = Math.floor(number / 2 ** 32)
  units[at] = number
  units[at + 1] = number >>> 16
  units[at + 2] = high
  units[at + 3] = high >>> 16
}
