/**
 * Random commands, few of everything so that they meet: ids, names, keys, sessions, times.
 *
 * A revision cannot be guessed, so a command says which it means (`Rev`), and `commandOf` looks it
 * up in the model.
 */
import * as fc from "fast-check"
import * as Checked from "../../src/command/Checked.ts"
import type { Command, Operation, Sender } from "../../src/command/Command.ts"
import type { Model } from "./Model.ts"

/** One entry of a log that is about to be written. */
export interface Step {
  readonly elapsedMs: number
  readonly sender: Sender
  readonly rev: "none" | "right" | "wrong" | "zero"
  /** Sends a command of before again: the one of that number, modulo their count. */
  readonly again?: number
  /** None: an entry of the log itself. */
  readonly operation?: Operation
}

const some = <const A extends ReadonlyArray<unknown>>(...values: A): fc.Arbitrary<A[number]> =>
  fc.constantFrom(...values)
const maybe = <A>(value: fc.Arbitrary<A>) => fc.option(value, { nil: undefined, freq: 2 })
const rarely = <A>(odd: fc.Arbitrary<A>, usual: fc.Arbitrary<A>) =>
  fc.oneof({ weight: 1, arbitrary: odd }, { weight: 60, arbitrary: usual })
/** Without the members that are undefined. */
const struct = <A extends object>(members: { [K in keyof A]: fc.Arbitrary<A[K]> }) =>
  fc
    .record(members)
    .map((all) =>
      Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    ) as fc.Arbitrary<never>

const collection = fc.oneof(
  { weight: 80, arbitrary: fc.constant("a") },
  { weight: 20, arbitrary: some("b", "c") },
  { weight: 1, arbitrary: some("_system", "", "no spaces") }
)
const id = some("i1", "i2", "i3", "i4", "i5", "é😀")
const text = some("x", "y", "z", "xy")
// oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
const date = fc.integer({ min: 1, max: 12 }).map((at) => new Date(at * 100))
const strings = fc.array(text, { maxLength: 2 })

const values = {
  name: some("a", "b", "c", "d", null, undefined),
  age: some(0, -0, 1, 2, 2.5, null, undefined),
  tags: maybe(fc.oneof(strings, text)),
  more: fc.oneof(
    { weight: 1, arbitrary: strings },
    { weight: 9, arbitrary: some(undefined, 1, "x") }
  ),
  at: fc.oneof(
    { weight: 3, arbitrary: date },
    { weight: 1, arbitrary: some(undefined, null, "never", 5, []) }
  ),
  address: maybe(struct({ city: some("P", "Q", null), zip: maybe(some(1, 2)) })),
  note: some(undefined, undefined, "é漢😀\n", true, new Uint8Array([1, 2, 255]))
}
const fields = rarely(some({ $bad: 1 }), struct(values))

const index = some(
  { name: "byName", keys: ["name"], unique: true },
  { name: "byName", keys: ["name"] },
  { name: "byAge", keys: ["age"] },
  { name: "byTags", keys: ["tags"] },
  { name: "byTag", keys: ["tags"], unique: true },
  { name: "byCity", keys: ["age", "address.city"], unique: true },
  { name: "byMore", keys: ["tags", "more"], unique: false }
)

const condition = fc.oneof(
  fc.record({
    _id: fc.oneof(id, fc.record({ $in: fc.array(id, { minLength: 1, maxLength: 3 }) }))
  }),
  fc.record({ name: some("a", "b", null, { $ne: "a" }, { $prefix: "a" }) }),
  fc.record({
    age: some(1, { $gt: 0 }, { $lte: 2 }, { $gt: 0, $lte: 2 }, { $nin: [0, 1] })
  }),
  fc.record({ tags: some("x", ["x"], { $size: 1 }, { $in: ["x", "y"] }) }),
  fc.record({
    "address.city": some("P", null, { $exists: true }, { $not: { $gt: "P" } })
  }),
  fc.record({ at: fc.oneof(date, fc.record({ $gt: date })) })
)
const filter = rarely<object>(
  some({ name: { $nope: 1 } }),
  fc.oneof(
    { weight: 6, arbitrary: condition },
    { weight: 1, arbitrary: fc.record({ $or: fc.tuple(condition, condition) }) },
    { weight: 1, arbitrary: fc.record({ $and: fc.tuple(condition, condition) }) },
    { weight: 1, arbitrary: fc.record({ $nor: fc.tuple(condition, condition) }) },
    { weight: 1, arbitrary: fc.constant({}) }
  )
)

const tagged = <A extends object>(
  _tag: Operation["_tag"],
  members: { [K in keyof A]: fc.Arbitrary<A[K]> }
): fc.Arbitrary<Operation> => struct({ _tag: fc.constant(_tag), ...members } as never)

const set = struct({
  ...values,
  "address.city": maybe(text),
  "address.zip": maybe(fc.constant(7)),
  "tags.0": maybe(text),
  "tags.1": maybe(text)
}).map((all) => Object.fromEntries(Object.entries(all).slice(0, 3)))
const change = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ replace: fc.oneof(fields, fc.constant({ name: "a" })) })
  },
  { weight: 2, arbitrary: fc.record({ set }) },
  {
    weight: 1,
    arbitrary: fc.record({
      set: fc.record({ name: values.name }).filter(({ name }) => name !== undefined),
      unset: fc.subarray(["age", "address.city", "at", "tags", "nothing"]),
      inc: fc.record({ visits: some(1, 2.5) })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ inc: struct({ age: some(1, -1), "address.zip": maybe(some(1)) }) })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      unset: fc.subarray(["name", "address", "tags", "at"], { minLength: 1 })
    })
  }
)

const create = tagged("CreateCollection", {
  collection,
  indexes: maybe(fc.uniqueArray(index, { maxLength: 3, selector: ({ name }) => name })),
  expires: some("at", "at", undefined),
  documentsMax: some(undefined, undefined, 2, 4),
  bytesMax: some(undefined, undefined, 300, 700)
})

const add = tagged("AddDocument", {
  collection,
  document: fc.tuple(fields, maybe(id)).map(([all, _id]) => ({ ...all, ...(_id && { _id }) })),
  newId: some("i1", "i2", "i3", "i4", "n1", "n2", "n3", "n4")
})

const updateOf = fc
  .tuple(collection, id, change, some(undefined, true))
  .map(([collection, id, change, upsert]) => ({
    _tag: "UpdateDocument",
    collection,
    id,
    ...change,
    ...(upsert && { upsert })
  })) as fc.Arbitrary<Operation>

const single = fc.oneof(
  { weight: 20, arbitrary: add },
  { weight: 16, arbitrary: updateOf },
  { weight: 4, arbitrary: tagged("DeleteDocument", { collection, id }) },
  {
    weight: 3,
    arbitrary: tagged("DeleteDocuments", { collection, filter, limit: some(undefined, 0, 1, 2) })
  },
  { weight: 2, arbitrary: create },
  { weight: 1, arbitrary: tagged("DeleteCollection", { collection }) },
  { weight: 2, arbitrary: tagged("CreateIndex", { collection, index }) },
  {
    weight: 1,
    arbitrary: tagged("DeleteIndex", { collection, index: some("byName", "byAge", "byTag") })
  }
)

const session = fc.oneof(
  { weight: 30, arbitrary: fc.constant("s1") },
  { weight: 10, arbitrary: fc.constant("s2") },
  { weight: 1, arbitrary: fc.constant("s3") }
)
const system = fc.oneof(
  { weight: 4, arbitrary: tagged("OpenSession", { session, owner: some("o1", "o1", "o2") }) },
  {
    weight: 2,
    arbitrary: tagged("ExpireSessions", { sessionsBefore: time(), keysBefore: time() })
  },
  { weight: 3, arbitrary: tagged("ExpireDocuments", {}) },
  { weight: 1, arbitrary: tagged("SetLanguage", { language: fc.constant(1) }) }
)

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 30, arbitrary: single },
  { weight: 5, arbitrary: tagged("Batch", { operations: fc.array(single, { maxLength: 4 }) }) },
  { weight: 5, arbitrary: system }
)

export const senders: fc.Arbitrary<Sender> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ _tag: "System" as const }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(session, fc.integer({ min: 1, max: 60 }), fc.integer({ min: 25, max: 60 }))
      .map(([session, seq, behind]) => ({
        _tag: "Session" as const,
        session,
        seq,
        ack: Math.max(0, seq - 1 - behind)
      }))
  },
  {
    weight: 2,
    arbitrary: fc.record({
      _tag: fc.constant("Key" as const),
      owner: some("o1", "o2"),
      key: fc.nat({ max: 30 }).map((at) => `k${at}`),
      fingerprint: fc.constant(0)
    })
  }
)

const step: fc.Arbitrary<Step> = struct({
  elapsedMs: some(0, 0, 10, 50, 100),
  sender: senders,
  rev: some("none", "none", "none", "right", "wrong", "zero"),
  operation: fc.option(operation, { nil: undefined, freq: 25 }),
  again: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat() }
  )
})

const opened = (operation: Operation): Step => ({
  elapsedMs: 0,
  sender: { _tag: "System" },
  rev: "none",
  operation
})

/** Logs that begin with collections and a session, so that most commands find theirs. */
export const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc
  .tuple(
    create.map((made) => ({ ...made, collection: "a" }) as Operation),
    create.map((made) => ({ ...made, collection: "b" }) as Operation),
    fc.array(step, { maxLength: 80, size: "max" })
  )
  .map(([a, b, rest]) => [
    opened(a),
    opened(b),
    opened({ _tag: "OpenSession", session: "s1", owner: "o1" }),
    ...rest
  ])

/** What `step` asks for, now that the model knows the revisions. */
export const commandOf = ({ operation, rev, sender }: Step, model: Model): Command | undefined => {
  if (operation === undefined) return undefined
  const addressed = operation._tag === "UpdateDocument" || operation._tag === "DeleteDocument"
  const right = addressed
    ? (model.collections.get(operation.collection)?.documents.get(operation.id)?.rev ?? 1)
    : 0
  const ifRev = { none: undefined, right, wrong: right + 1, zero: 0 }[rev]
  const said = addressed && ifRev !== undefined ? ({ ...operation, ifRev } as Operation) : operation
  return {
    language: 1,
    sender: sender._tag === "Key" ? { ...sender, fingerprint: Checked.fingerprint(said) } : sender,
    operation: said
  }
}

function time() {
  return some(-1, 100, 300, 600, 1200, 5000)
}
