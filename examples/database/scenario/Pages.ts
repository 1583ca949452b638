/** Reads all pages of a collection while others change it, and counts how often each came. */
import type { Client } from "@distri/core"
import { Effect } from "effect"
import { Parcels } from "../collections.ts"
import type { Parcel } from "./Parcel.ts"
import type { Writer } from "./Writer.ts"

const limit = 250

export interface Pages {
  readonly pages: number
  readonly documents: number
  /** Stored before, and touched by no write until the last page. */
  readonly untouched: number
  /** Of those, what did not come exactly once. */
  readonly wrong: number
  /** Writes that were acknowledged meanwhile. */
  readonly writes: number
}

/** In the order of `grams`, so that updates move parcels to other pages. */
export const read = Effect.fnUntraced(function* (
  client: Client["Service"],
  stored: ReadonlyArray<Parcel>,
  writer: Writer
) {
  const parcels = client.collection(Parcels)
  const before = writer.changes.length
  const times = new Map<string, number>()
  let pages = 0
  let documents = 0
  let cursor: string | undefined
  do {
    const page = yield* parcels.read({ sort: [["grams", 1]] }, { limit, cursor })
    for (const { document } of page.found)
      times.set(document._id, (times.get(document._id) ?? 0) + 1)
    pages += 1
    documents += page.found.length
    cursor = page.next
  } while (cursor !== undefined)
  const untouched = stored.filter(({ _id }) => !writer.touched.has(_id))
  return {
    pages,
    documents,
    untouched: untouched.length,
    wrong: untouched.filter(({ _id }) => times.get(_id) !== 1).length,
    writes: writer.changes.length - before
  } satisfies Pages as Pages
})
