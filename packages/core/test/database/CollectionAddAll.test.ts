import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { UserOperation } from "@distri/store/command/Command"
import { InvalidCommand, InvalidDocument } from "@distri/store/command/Refusal"
import { AddAllFailed } from "../../src/database/CollectionError.ts"
import { started } from "./users.ts"

it.effect("adds many in batches, and a repeat under the same key adds none twice", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const many = Array.from({ length: 250 }, (_, n) => ({ name: `u${n}`, age: n }))
    assert.strictEqual(yield* users.addAll(many, { idempotencyKey: "load" }), 250)
    assert.deepStrictEqual(sizes(documents.executed), [100, 100, 50])
    assert.strictEqual(yield* users.addAll(many, { idempotencyKey: "load" }), 250)
    assert.strictEqual(yield* users.count(), 250)
    assert.strictEqual(yield* users.addAll([]), 0)
  })
)

it.effect("large documents make smaller batches", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const role = "x".repeat(200 * 1024)
    yield* users.addAll([1, 2, 3, 4, 5].map((age) => ({ name: `u${age}`, age, role })))
    assert.deepStrictEqual(sizes(documents.executed), [2, 2, 1])
  })
)

const sizes = (executed: ReadonlyArray<UserOperation>) =>
  executed.flatMap((each) => (each._tag === "Batch" ? [each.operations.length] : []))

it.effect("adding many says how far it got, and which document was refused", () =>
  Effect.gen(function* () {
    const { users } = yield* started
    const many = Array.from({ length: 130 }, (_, n) => ({ name: `u${n}`, age: n }))
    const twice = [...many, { name: "u7", age: 7 }, { name: "last", age: 8 }]
    const failed = yield* Effect.flip(users.addAll(twice))
    assert.instanceOf(failed, AddAllFailed)
    assert.deepInclude(failed, { added: 100, position: 130 })
    assert.strictEqual((failed.reason as { _tag: string })._tag, "DuplicateKey")
    assert.strictEqual(yield* users.count(), 100)
    const invalid = yield* Effect.flip(users.addAll([...many, { name: "new", age: -1 }]))
    assert.deepInclude(invalid, { added: 0, position: 130 })
    assert.instanceOf(invalid.reason, InvalidDocument)
    assert.strictEqual(yield* users.count(), 100)
  })
)

it.effect("a key that is too long for the last batch is refused before the first", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const many = Array.from({ length: 1001 }, (_, n) => ({ name: `u${n}`, age: n }))
    const before = documents.executed.length
    const failed = yield* Effect.flip(users.addAll(many, { idempotencyKey: "k".repeat(126) }))
    assert.strictEqual(failed.added, 0)
    assert.instanceOf(failed.reason, InvalidCommand)
    assert.deepInclude(failed.reason, { path: "idempotencyKey" })
    assert.strictEqual(documents.executed.length, before)
    assert.strictEqual(yield* users.addAll([], { idempotencyKey: "k".repeat(128) }), 0)
    assert.strictEqual(yield* users.addAll(many, { idempotencyKey: "k".repeat(125) }), 1001)
  })
)
