/** Random commands of every kind, with whatever a schema lets through. */
import * as fc from "fast-check"
import type { Command, Operation, Sender, SingleOperation } from "../../src/command/Command.ts"
import type { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import { fields, name, text, value } from "../value/values.ts"

const tagged = <Tag extends string, A extends object, B extends object>(
  tag: Tag,
  needed: { readonly [K in keyof A]: fc.Arbitrary<A[K]> },
  optional: { readonly [K in keyof B]: fc.Arbitrary<B[K]> }
) =>
  fc
    .tuple(fc.record(needed), fc.record(optional, { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ _tag: tag, ...always, ...sometimes }))

const natural = fc.nat()
const place = natural.map((some) => some as LogIndex)
const time = fc.maxSafeInteger().map((some) => some as LogTime)
const paths = fc.array(text, { maxLength: 3 })
const filter = fc.dictionary(fc.oneof(name, fc.constantFrom("$or", "$gt", "a.b", "$x")), value, {
  maxKeys: 3,
  noNullPrototype: true
})
const index = fc.record(
  { name: text, keys: paths, unique: fc.boolean() },
  { requiredKeys: ["name", "keys"] }
)
const collection = text
const id = text

export const single: fc.Arbitrary<SingleOperation> = fc.oneof(
  tagged(
    "CreateCollection",
    { collection },
    {
      indexes: fc.array(index, { maxLength: 2 }),
      expires: text,
      documentsMax: natural,
      bytesMax: natural
    }
  ),
  tagged("DeleteCollection", { collection }, {}),
  tagged("CreateIndex", { collection, index }, {}),
  tagged("DeleteIndex", { collection, index: text }, {}),
  tagged("AddDocument", { collection, document: fields }, { newId: id }),
  tagged(
    "UpdateDocument",
    { collection, id },
    {
      replace: fields,
      set: filter,
      unset: paths,
      inc: filter,
      upsert: fc.boolean(),
      ifRev: place
    }
  ),
  tagged("DeleteDocument", { collection, id }, { ifRev: place }),
  tagged("DeleteDocuments", { collection, filter }, { limit: natural })
)

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: single },
  { weight: 2, arbitrary: tagged("Batch", { operations: fc.array(single, { maxLength: 3 }) }, {}) },
  { weight: 1, arbitrary: tagged("OpenSession", { session: text, owner: text }, {}) },
  {
    weight: 1,
    arbitrary: tagged("ExpireSessions", { sessionsBefore: time, keysBefore: time }, {})
  },
  { weight: 1, arbitrary: tagged("ExpireDocuments", {}, {}) },
  { weight: 1, arbitrary: tagged("SetLanguage", { language: fc.constant(1) }, {}) }
)

export const sender: fc.Arbitrary<Sender> = fc.oneof(
  tagged("Session", { session: text, seq: natural, ack: natural }, {}),
  tagged("Key", { owner: text, key: text, fingerprint: fc.maxSafeNat() }, {}),
  tagged("System", {}, {})
)

export const command: fc.Arbitrary<Command> = fc.record({
  language: fc.constant(1),
  sender,
  operation
})
