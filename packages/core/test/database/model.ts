/** A naive database for tests to compare with, and random commands to run on both. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { invariant } from "../../src/invariant.ts"
import { LogIndex, LogTime } from "../../src/log/pure/LogIndex.ts"
import type { Command, Document, Filter, Operation } from "../../src/database/pure/Command.ts"
import { apply, type Entry } from "../../src/database/pure/Documents.ts"
import type { Outcome } from "../../src/database/pure/Outcome.ts"
import * as OrderedMap from "../../src/database/pure/OrderedMap.ts"
import type { State } from "../../src/database/pure/State.ts"

const some = <const A extends ReadonlyArray<string>>(values: A) => Schema.Literals(values)
const collection = some(["a", "b"])
const id = some(["1", "2", "3", "4", "5"])
const color = some(["red", "green"])

const Op: Schema.Codec<Operation> = Schema.Union([
  Schema.TaggedStruct("CreateCollection", { collection }),
  Schema.TaggedStruct("DeleteCollection", { collection }),
  Schema.TaggedStruct("AddDocument", {
    collection,
    document: Schema.Struct({ _id: Schema.optionalKey(id), color }),
    newId: some(["6", "7", "8"])
  }),
  Schema.TaggedStruct("AddDocument", {
    collection,
    document: Schema.Struct({ _id: id, color, size: Schema.Struct({ w: Schema.Literals([1, 2]) }) })
  }),
  Schema.TaggedStruct("UpdateDocument", {
    collection,
    document: Schema.Struct({ _id: id, color })
  }),
  Schema.TaggedStruct("DeleteDocuments", {
    collection,
    filter: Schema.Struct({
      _id: Schema.optionalKey(id),
      color: Schema.optionalKey(color),
      size: Schema.optionalKey(Schema.Struct({ w: Schema.Literals([1, 2]) }))
    })
  })
]) as never

/** A few ids, so that commands are repeated and ids are used twice. */
const Sent: Schema.Codec<Command> = Schema.Struct({
  id: some(Array.from({ length: 30 }, (_, at) => `id ${at}`)),
  op: Op
})

/** Sequences that begin with a collection, so that most commands find one. */
export const commands = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Sent), { maxLength: 60 }),
  (rest): ReadonlyArray<Command> => [
    { id: "first", op: { _tag: "CreateCollection", collection: "a" } },
    ...rest
  ]
)

export const entryOf = (command: Command | undefined, at: number): Entry => ({
  index: LogIndex.make(at + 1),
  time: LogTime.make(at * 10),
  command
})

/** Applies `commands` right after `state`. */
export const applyAll = (state: State, commands: ReadonlyArray<Command | undefined>) => {
  const outcomes: Array<Outcome | undefined> = []
  let after = state
  for (const command of commands) {
    const applied = apply(after, entryOf(command, after.index))
    after = applied.state
    outcomes.push(applied.outcome)
  }
  return { state: after, outcomes }
}

export const contents = (state: State): Record<string, Record<string, Document>> =>
  Object.fromEntries(
    Array.from(OrderedMap.entries(state.collections), ([name, { documents }]) => [
      name,
      Object.fromEntries(
        Array.from(OrderedMap.entries(documents), ([key, stored]) => [key, stored.document])
      )
    ])
  )

/** Plain maps and JSON texts, without any cleverness. */
export class Model {
  readonly collections = new Map<string, Map<string, Document>>()
  readonly answers = new Map<string, { readonly op: string; readonly outcome: unknown }>()
  version = 0

  run({ id, op }: Command): unknown {
    this.version += 1
    const { newId: _, ...said } = op as { newId?: string }
    const known = this.answers.get(id)
    if (known !== undefined)
      return known.op === text(said) ? known.outcome : { _tag: "IdempotencyKeyReused", id }
    const outcome = this.effect(op)
    this.answers.set(id, { op: text(said), outcome })
    return outcome
  }

  private effect(op: Operation): unknown {
    const name = op.collection
    const documents = this.collections.get(name)
    if (op._tag === "CreateCollection") {
      if (documents !== undefined) return { _tag: "CollectionExists", collection: name }
      this.collections.set(name, new Map())
      return this.written(0)
    }
    if (documents === undefined) return { _tag: "CollectionNotFound", collection: name }
    if (op._tag === "DeleteCollection") {
      this.collections.delete(name)
      return this.written(documents.size)
    }
    if (op._tag === "DeleteDocuments") {
      const found = [...documents].filter(([, document]) => fits(op.filter, document))
      for (const [key] of found) documents.delete(key)
      return this.written(found.length)
    }
    const newId = op._tag === "AddDocument" ? op.newId : undefined
    const document = "_id" in op.document ? op.document : { ...op.document, _id: newId! }
    const key = document["_id"]
    invariant(typeof key === "string", "the model's documents have ids")
    if (op._tag === "AddDocument" && documents.has(key))
      return { _tag: "DuplicateKey", collection: name, _id: key }
    documents.set(key, document)
    return { ...this.written(1), _id: key }
  }

  private written(modified: number) {
    return { _tag: "Written", version: this.version, modified }
  }

  contents(): Record<string, Record<string, Document>> {
    return Object.fromEntries(
      Array.from(this.collections, ([name, documents]) => [name, Object.fromEntries(documents)])
    )
  }
}

export const fits = (filter: Filter, document: Document): boolean =>
  Object.entries(filter).every(([key, value]) => text(document[key]) === text(value))

/** JSON with sorted keys, through `JSON.stringify` alone. */
export const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner
  )
