/** Collections as they are read from a snapshot: each with the documents that come after it. */
import * as Schema from "effect/Schema"
import * as Checked from "../command/Checked.ts"
import type { Refused } from "../command/Refusal.ts"
import * as Collections from "../state/Collections.ts"
import type { Collection, Stored } from "../state/State.ts"
import { isId } from "../value/Canonical.ts"
import { isFields } from "../value/Compare.ts"
import type { LogIndex } from "../value/LogIndex.ts"
import type { Document, Value } from "../value/Value.ts"
import { CollectionRecord } from "./Records.ts"

interface Open {
  readonly shape: Collections.Shape
  readonly version: LogIndex
  /** What a document is checked against: as `shape`, without documents. */
  readonly empty: Collection
  readonly stored: Array<Stored>
}

/** `index`: of the state, in which nothing is younger. @category constructors */
export const makeCollections = (index: LogIndex) => {
  const done: Array<Collection> = []
  let open: Open | undefined
  /** The id of the document before; no id is empty. */
  let last = ""

  /** Only now its indexes are built, at once. */
  const close = (): string | undefined => {
    if (open === undefined) return
    const { shape, stored, version } = open
    const restored = Collections.restore(shape, version, stored)
    if (restored._tag !== "Put") return refusal(`the collection "${shape.name}"`, restored)
    done.push(restored.collection)
    open = undefined
    return
  }

  return {
    begin: (record: Value): string | undefined => {
      const issue = close()
      if (issue !== undefined) return issue
      const read = decode(record)
      if (read._tag === "Failure") return read.failure.message
      const [, uid, version, name, options, indexes] = read.success
      const refused = Checked.check({
        _tag: "CreateCollection",
        collection: name,
        indexes,
        ...options
      })
      if (refused !== undefined) return refusal("a collection", refused)
      if (uid > version || version > index) return `the collection "${name}" is of a later entry`
      const before = done.at(-1)
      if (before !== undefined && before.name >= name) return "collections are out of order"
      const shape = { uid, name, options, indexes }
      open = { shape, version, empty: Collections.make(shape), stored: [] }
      last = ""
      return
    },
    addDocument: (record: ReadonlyArray<Value>): string | undefined => {
      if (open === undefined) return "a document outside of a collection"
      const { empty, stored } = open
      const [, rev, document] = record
      if (record.length !== 3 || !isIndex(rev, open.version) || !isDocument(document))
        return `what is not a document in "${empty.name}"`
      const { _id: id } = document
      if (id <= last) return `documents of "${empty.name}" are out of order`
      const checked = Collections.store(empty, document, rev)
      if (checked._tag !== "Stored") return refusal(`"${id}" of "${empty.name}"`, checked)
      stored.push(checked.stored)
      last = id
      return
    },
    finish: (): ReadonlyArray<Collection> | string => close() ?? done
  }
}

const decode = Schema.decodeUnknownResult(CollectionRecord)

const isIndex = (value: Value | undefined, max: LogIndex): value is LogIndex =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max

const isDocument = (value: Value | undefined): value is Document =>
  isFields(value) && isId(value["_id"])

const refusal = (what: string, refused: Refused) => `${what} is refused: ${JSON.stringify(refused)}`
