import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Command from "../../src/database/pure/Command.ts"
import { apply, matchesMax } from "../../src/database/pure/Documents.ts"
import * as OrderedMap from "../../src/database/pure/OrderedMap.ts"
import * as Snapshot from "../../src/database/pure/Snapshot.ts"
import * as State from "../../src/database/pure/State.ts"
import { InvariantViolation } from "../../src/invariant.ts"
import { applyAll, commands, contents, entryOf, Model, text } from "./model.ts"

const often = { arbitrary: { runs: 300 } }
const place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))

describe("apply", () => {
  it.prop(
    "[DB2] gives the outcomes and the documents of a naive model",
    { commands },
    ({ commands }) => {
      const model = new Model()
      const expected = commands.map((command) => model.run(command))
      const { outcomes, state } = applyAll(State.empty, commands)
      assert.deepStrictEqual<unknown>(outcomes, expected)
      assert.strictEqual(text(contents(state)), text(model.contents()))
    },
    often
  )

  it.prop(
    "[DB3] entries that were encoded and decoded lead two instances to one digest",
    { commands },
    ({ commands }) => {
      const sent = commands.map((command) => {
        const decoded = Command.decode(Command.encode(command))
        assert.strictEqual(decoded._tag, "Known")
        return decoded._tag === "Known" ? decoded.command : undefined
      })
      const one = applyAll(State.empty, commands)
      const two = applyAll(State.empty, sent)
      assert.strictEqual(State.digest(one.state), State.digest(two.state))
      assert.deepStrictEqual(one.outcomes, two.outcomes)
    },
    often
  )

  it.prop(
    "[DB4] a command that is delivered twice takes effect once and gets the first answer",
    { commands, at: place, again: place },
    ({ again, at, commands }) => {
      const first = at % commands.length
      const second = Math.max(first + 1, again % (commands.length + 1))
      const once = applyAll(State.empty, commands.slice(0, second))
      const repeated = commands[first]!
      const twice = apply(once.state, entryOf(repeated, once.state.index))
      assert.deepStrictEqual(twice.outcome, once.outcomes[first])
      assert.deepStrictEqual(contents(twice.state), contents(once.state))
      assert.strictEqual(
        OrderedMap.size(twice.state.remembered),
        OrderedMap.size(once.state.remembered)
      )
    },
    often
  )

  it.prop(
    "[DB5] an older state stays as it was",
    { commands, at: place },
    ({ at, commands }) => {
      const before = applyAll(State.empty, commands.slice(0, at))
      const held = text(contents(before.state))
      const digest = State.digest(before.state)
      applyAll(before.state, commands.slice(at))
      assert.strictEqual(text(contents(before.state)), held)
      assert.strictEqual(State.digest(before.state), digest)
    },
    often
  )

  it.prop(
    "[DB6] a state restored from a snapshot goes on as the original does",
    { commands, at: place },
    ({ at, commands }) => {
      const before = applyAll(State.empty, commands.slice(0, at)).state
      const decoded = Snapshot.decode(join(Snapshot.encode(before)))
      assert.strictEqual(decoded._tag, "State")
      if (decoded._tag !== "State") return
      const original = applyAll(before, commands.slice(at))
      const restored = applyAll(decoded.state, commands.slice(at))
      assert.deepStrictEqual(restored.outcomes, original.outcomes)
      assert.strictEqual(State.digest(restored.state), State.digest(original.state))
    },
    often
  )

  it.prop(
    "[DB9] sizes are the sums of the documents' canonical texts",
    { commands },
    ({ commands }) => {
      const { state } = applyAll(State.empty, commands)
      const sizes = Object.values(contents(state)).map((documents) =>
        Object.values(documents).reduce((sum, document) => sum + text(document).length, 0)
      )
      const kept = [...OrderedMap.entries(state.collections)].map(([, { bytes }]) => bytes)
      assert.deepStrictEqual(kept, sizes)
      assert.strictEqual(
        state.bytes,
        sizes.reduce((sum, bytes) => sum + bytes, 0)
      )
      const counts = Object.values(contents(state)).map((held) => Object.keys(held).length)
      assert.strictEqual(
        state.documents,
        counts.reduce((sum, count) => sum + count, 0)
      )
    },
    often
  )

  it.prop(
    "[DB8] the digest differs when the contents do",
    { one: commands, two: commands },
    ({ one, two }) => {
      const left = applyAll(State.empty, one).state
      const right = applyAll(State.empty, two).state
      if (left.index !== right.index || text(contents(left)) === text(contents(right))) return
      assert.notStrictEqual(State.digest(left), State.digest(right))
    },
    often
  )

  it("[DB8] the digest does not depend on the way to a state", () => {
    const create = commandOf("create", { _tag: "CreateCollection", collection: "a" })
    const documents = [
      { _id: "1", a: { x: 1, y: 2 } },
      { a: { y: 2, x: 1 }, _id: "1" }
    ]
    const [one, two] = documents.map((document) => {
      const add = commandOf("add", { _tag: "AddDocument", collection: "a", document })
      return applyAll(State.empty, [create, add]).state
    })
    assert.strictEqual(State.digest(one!), State.digest(two!))
  })

  it("[DB1] an entry out of order stops the node, and an internal one moves the version", () => {
    const { outcomes, state } = applyAll(State.empty, [undefined, undefined])
    assert.deepStrictEqual(outcomes, [undefined, undefined])
    assert.strictEqual(state.index, 2)
    assert.throws(() => apply(state, entryOf(undefined, 1)), InvariantViolation)
    assert.throws(() => apply(state, entryOf(undefined, 3)), InvariantViolation)
  })

  it("[DB4] a made-up id is not part of what makes two commands the same", () => {
    const add = (newId: string, color: string) =>
      commandOf("key", { _tag: "AddDocument", collection: "a", document: { color }, newId })
    const create = commandOf("create", { _tag: "CreateCollection", collection: "a" })
    const sent = [create, add("x", "red"), add("y", "red"), add("y", "green")]
    const { outcomes } = applyAll(State.empty, sent)
    assert.deepInclude(outcomes[1], { _tag: "Written", _id: "x" })
    assert.deepStrictEqual(outcomes[2], outcomes[1])
    assert.deepStrictEqual(outcomes[3], { _tag: "IdempotencyKeyReused", id: "key" })
  })

  it("[DB7] outcomes are forgotten oldest first, beyond 100,000", () => {
    const create = commandOf("create", { _tag: "CreateCollection", collection: "a" })
    const remove = (at: number) =>
      commandOf(`${at}`, { _tag: "DeleteDocuments", collection: "a", filter: { _id: "none" } })
    const many = Array.from({ length: State.rememberedMax }, (_, at) => remove(at))
    const { state } = applyAll(State.empty, [create, ...many])
    assert.strictEqual(OrderedMap.size(state.remembered), State.rememberedMax)
    // Creating was the oldest: it runs again, and finds the collection.
    const { outcomes } = applyAll(state, [remove(0), create])
    assert.deepInclude<unknown>(outcomes[0], { _tag: "Written", version: 2 })
    assert.deepStrictEqual(outcomes[1], { _tag: "CollectionExists", collection: "a" })
  })

  it("[DB2] a filter that matches too many documents deletes none", () => {
    const create = commandOf("create", { _tag: "CreateCollection", collection: "a" })
    const add = (at: number) =>
      commandOf(`${at}`, { _tag: "AddDocument", collection: "a", document: { _id: `${at}` } })
    const many = Array.from({ length: matchesMax + 1 }, (_, at) => add(at))
    const all = (id: string) =>
      commandOf(id, { _tag: "DeleteDocuments", collection: "a", filter: {} })
    const one = commandOf("one", {
      _tag: "DeleteDocuments",
      collection: "a",
      filter: { _id: "7" }
    })
    const { outcomes, state } = applyAll(State.empty, [create, ...many, all("x"), one, all("y")])
    assert.deepStrictEqual(outcomes.at(-3), { _tag: "TooManyMatches", max: matchesMax })
    assert.deepInclude(outcomes.at(-2), { modified: 1 })
    assert.deepInclude(outcomes.at(-1), { modified: matchesMax })
    assert.strictEqual(state.documents, 0)
  })

  it("[DB2] there are at most 1,000 collections", () => {
    const sent = Array.from({ length: 1001 }, (_, at) =>
      commandOf(`${at}`, { _tag: "CreateCollection", collection: `c${at}` })
    )
    const { outcomes } = applyAll(State.empty, sent)
    assert.deepInclude(outcomes.at(-2), { _tag: "Written" })
    assert.deepStrictEqual(outcomes.at(-1), { _tag: "TooManyCollections", max: 1000 })
  })

  it.prop(
    "[DB2] a command of any shape has an outcome",
    { document: Arbitrary.schema(Schema.Json), name: Schema.String, id: Schema.String },
    ({ document, id, name }) => {
      for (const _tag of ["AddDocument", "UpdateDocument"] as const) {
        const op = { _tag, collection: name, document } as Command.Operation
        const applied = apply(State.empty, entryOf({ id, op }, 0))
        assert.isDefined(applied.outcome)
        assert.strictEqual(applied.state.index, 1)
      }
    },
    often
  )
})

describe("Command", () => {
  it("[DB14] a command that this release does not know is reported, not skipped", () => {
    for (const data of [`{"v":2,"id":"a","op":{}}`, `{"v":1,"id":"a","op":{"_tag":"New"}}`, "{"])
      assert.strictEqual(Command.decode(new TextEncoder().encode(data))._tag, "Unsupported")
  })
})

describe("Snapshot", () => {
  const create = commandOf("create", { _tag: "CreateCollection", collection: "a" })
  const adds = ["é", "漢", "😀"].map((name, at) =>
    commandOf(`${at}`, {
      _tag: "AddDocument",
      collection: "a",
      document: { _id: name, nested: [{ at }] }
    })
  )
  const small = join(Snapshot.encode(applyAll(State.empty, [create, ...adds]).state))

  it("[DB6] every cut is found", () => {
    for (let end = 0; end < small.length; end += 1)
      assert.strictEqual(Snapshot.decode(small.subarray(0, end))._tag, "Damaged")
  })

  it("[DB6] every changed byte is found", () => {
    for (let at = 0; at < small.length; at += 1)
      for (const bit of [1, 0x80]) {
        const changed = small.slice()
        changed[at]! ^= bit
        assert.strictEqual(Snapshot.decode(changed)._tag, "Damaged")
      }
  })

  it("[DB6] a frame that is missing is found, and one that is repeated changes nothing", () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      commandOf(`${at}`, {
        _tag: "AddDocument",
        collection: "a",
        document: { _id: `${at}`, text: "x".repeat(100_000) }
      })
    )
    const { state } = applyAll(State.empty, [create, ...many])
    const frames = [...Snapshot.encode(state)]
    assert.isAtLeast(frames.length, 4)
    const whole = Snapshot.decode(join(frames))
    assert.strictEqual(whole._tag, "State")
    for (let at = 0; at < frames.length; at += 1) {
      assert.strictEqual(Snapshot.decode(join(frames.toSpliced(at, 1)))._tag, "Damaged")
      // Putting the same documents in twice does no harm, and may be accepted.
      const twice = Snapshot.decode(join(frames.toSpliced(at, 0, frames[at]!)))
      if (twice._tag === "State") assert.strictEqual(State.digest(twice.state), State.digest(state))
    }
  })
})

function commandOf(id: string, op: Command.Operation): Command.Command {
  return { id, op }
}

function join(pieces: Iterable<Uint8Array>): Uint8Array {
  const all = [...pieces]
  const bytes = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of all) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
