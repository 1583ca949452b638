/**
 * The operations of a MongoDB driver, in terms of the store's: what they find is found by a query,
 * and what they change is changed by commands.
 */
import { apply } from "@distri/store/apply/apply"
import { language, type SingleOperation } from "@distri/store/command/Command"
import type { Refused } from "@distri/store/command/Refusal"
import type { Written } from "@distri/store/command/Result"
import type { Query } from "@distri/store/query/Query"
import * as Reader from "@distri/store/query/Reader"
import * as Tally from "@distri/store/query/Tally"
import * as State from "@distri/store/state/State"
import { LogTime, next } from "@distri/store/value/LogIndex"
import type { Document, Fields, Value } from "@distri/store/value/Value"

/** A command or a query was refused. */
export class Refusal extends Error {
  /** What had been done before. */
  readonly done: Counts
  constructor(refused: { readonly _tag: string }, done: Counts = noCounts()) {
    super(JSON.stringify(refused))
    this.done = done
  }
}

export interface Counts {
  insertedCount: number
  matchedCount: number
  modifiedCount: number
  deletedCount: number
  upsertedCount: number
  insertedIds: Record<string, Value>
  upsertedIds: Record<string, Value>
}

export const noCounts = (): Counts => ({
  insertedCount: 0,
  matchedCount: 0,
  modifiedCount: 0,
  deletedCount: 0,
  upsertedCount: 0,
  insertedIds: {},
  upsertedIds: {}
})

export interface Find {
  readonly filter: Fields
  readonly sort?: Fields | undefined
  readonly limit?: number | undefined
  readonly projection?: Fields | undefined
}

/** `$set` and its like, or a whole document. */
export type Change = { readonly update: Fields } | { readonly replacement: Fields }

export class Driver {
  private state = State.empty
  private made = 0
  private readonly collection = "c"

  constructor(documents: ReadonlyArray<Fields>) {
    this.run({ _tag: "CreateCollection", collection: this.collection })
    for (const document of documents) this.insert(document)
  }

  /** All documents, in the order of their ids. */
  all(): ReadonlyArray<Fields> {
    return this.find({ filter: {} })
  }

  find({ filter, limit, projection, sort }: Find): ReadonlyArray<Fields> {
    const found = this.pages({
      collection: this.collection,
      filter,
      ...(sort !== undefined && { sort: Object.entries(sort) as unknown as Sort }),
      ...(projection !== undefined && { projection: { include: included(projection) } })
    })
    const documents = projection?.["_id"] === 0 ? found.map(withoutId) : found
    return documents.slice(0, limit === undefined || limit === 0 ? Infinity : Math.abs(limit))
  }

  count(filter: Fields): number {
    const reader = Tally.count(this.state, { collection: this.collection, filter })
    if (reader._tag !== "Reader") throw new Refusal(reader)
    for (;;) {
      const step = reader.next(1000)
      if (step._tag === "Counted") return step.count
      if (step._tag !== "More") throw new Refusal(step)
    }
  }

  insert(document: Fields): string {
    const newId = `made-${String(this.made++).padStart(8, "0")}`
    const { id } = this.run({ _tag: "AddDocument", collection: this.collection, document, newId })
    return id!
  }

  /** Changes the first match, or all. `upserted`: the id of a document that was added. */
  change(
    find: Find,
    change: Change,
    { many = false, upsert = false }: { readonly many?: boolean; readonly upsert?: boolean } = {}
  ) {
    check(change)
    const found = this.find({ ...find, limit: many ? 0 : 1, projection: undefined })
    if (found.length === 0 && upsert) {
      const seed = equalities(find.filter)
      const id = String(seed["_id"] ?? withId(change) ?? `made-${this.made++}`)
      this.run(this.changeOf(id, change, seed))
      return { matched: 0, modified: 0, upserted: id }
    }
    let modified = 0
    for (const { _id } of found) modified += this.run(this.changeOf(_id as string, change)).modified
    return { matched: found.length, modified }
  }

  delete(find: Find, many: boolean): number {
    if (many)
      return this.run({
        _tag: "DeleteDocuments",
        collection: this.collection,
        filter: find.filter
      }).modified
    const [first] = this.find({ ...find, limit: 1, projection: undefined })
    if (first === undefined) return 0
    const id = first["_id"] as string
    return this.run({ _tag: "DeleteDocument", collection: this.collection, id }).modified
  }

  private changeOf(id: string, change: Change, seed?: Fields): SingleOperation {
    const { collection } = this
    const upsert = seed !== undefined
    const base = { _tag: "UpdateDocument", collection, id, upsert } as const
    if ("replacement" in change) return { ...base, replace: { ...change.replacement, _id: id } }
    const { $inc, $set = {}, $unset } = change.update
    const set = withoutId({ ...seed, ...($set as Fields) })
    return {
      ...base,
      ...(Object.keys(set).length > 0 && { set }),
      ...($inc !== undefined && { inc: $inc as Fields }),
      ...($unset !== undefined && { unset: Object.keys($unset as Fields) })
    }
  }

  private pages(query: Query): ReadonlyArray<Document> {
    const reader = Reader.open(this.state, query, { limit: 1000 })
    if (reader._tag !== "Reader") throw new Refusal(reader)
    for (;;) {
      const step = reader.next(1000)
      if (step._tag === "Page") return step.page.found.map(({ document }) => document as Document)
      if (step._tag !== "More") throw new Refusal(step)
    }
  }

  private run(operation: SingleOperation): Written {
    const index = next(this.state.index)
    const sender = { _tag: "System" } as const
    const applied = apply(this.state, {
      index,
      time: LogTime.make(0),
      command: { language, sender, operation }
    })
    this.state = applied.state
    const result = applied.result as Written | Refused
    if (result._tag !== "Written") throw new Refusal(result)
    return result
  }
}

type Sort = NonNullable<Query["sort"]>

const included = (projection: Fields) => Object.keys(projection).filter((path) => path !== "_id")

const withoutId = (document: Fields): Fields =>
  Object.fromEntries(Object.entries(document).filter(([field]) => field !== "_id"))

const withId = (change: Change) => ("replacement" in change ? change.replacement["_id"] : undefined)

/** What a filter says a document must be, which is how one that is added begins. */
const equalities = (filter: Fields): Fields =>
  Object.fromEntries(
    Object.entries(filter).filter(([, value]) => typeof value !== "object" || value === null)
  )

/** What a driver refuses before it asks the server. */
const check = (change: Change) => {
  const document = "replacement" in change ? change.replacement : change.update
  const [first = ""] = Object.keys(document)
  const isUpdate = first.startsWith("$")
  if (isUpdate === "replacement" in change) throw new Refusal({ _tag: "NotThisKindOfChange" })
}
