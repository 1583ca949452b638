import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { apply } from "../../src/apply/apply.ts"
import { depthMax, documentMaxBytes } from "../../src/command/Limits.ts"
import { chunkBytes } from "../../src/snapshot/Chunks.ts"
import * as Snapshot from "../../src/snapshot/Snapshot.ts"
import { digest } from "../../src/state/Digest.ts"
import * as State from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import type { Value } from "../../src/value/Value.ts"
import { steps } from "../model/commands.ts"
import * as Describe from "../model/describe.ts"
import { after, applyAll, bytesOf, decode, entriesOf, header, restored, small } from "./states.ts"

/** `RUNS=2000` looks further, at other inputs each time. */
const runs =
  process.env["RUNS"] === undefined
    ? { numRuns: 60, seed: 1 }
    : { numRuns: Number(process.env["RUNS"]) }

describe("restoring", () => {
  it("[ST18] a restored state behaves as the old one for all later commands, sessions included", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (steps, cut) => {
        const entries = entriesOf(steps)
        const at = cut % (entries.length + 1)
        let state = applyAll(entries.slice(0, at))
        let other = restored(bytesOf(state))
        assertSame(other, state)
        for (const entry of entries.slice(at)) {
          const { state: next, ...effect } = apply(state, entry)
          const { state: otherNext, ...otherEffect } = apply(other, entry)
          assert.deepStrictEqual(Describe.effect(otherEffect), Describe.effect(effect))
          assert.deepStrictEqual(otherEffect.result, effect.result)
          state = next
          other = otherNext
        }
        assertSame(other, state)
      }),
      runs
    )
  })

  it("[ST18] one of everything comes back, with the header", () => {
    const loaded = decode(bytesOf(small))
    assert.strictEqual(loaded._tag, "State")
    if (loaded._tag !== "State") return
    assertSame(loaded.state, small)
    assert.deepStrictEqual(loaded.header, header)
    const users = Tree.get(loaded.state.collections, "users")!
    assert.deepStrictEqual(
      users.indexes.map(({ multi, name }) => [name, multi]),
      [
        ["_expires", false],
        ["byName", false],
        ["byTags", true]
      ]
    )
    assert.deepStrictEqual(
      Tree.get(users.documents, "u1")!.document["photo"],
      new Uint8Array([0, 255, 1])
    )
    assertSame(restored(bytesOf(State.empty)), State.empty)
  })

  it("[ST18] documents at the limits come back", () => {
    let deep: Value = 1
    for (let level = 1; level < depthMax; level += 1) deep = [deep]
    const bits = Array.from({ length: 29_000 }, (_, at) => new Uint8Array([at]))
    const state = after(
      small,
      [{ _tag: "AddDocument", collection: "empty", document: { _id: "deep", deep } }],
      [{ _tag: "AddDocument", collection: "empty", document: { _id: "many", bits } }],
      [
        {
          _tag: "AddDocument",
          collection: "empty",
          document: { _id: "wide", text: "é\n".repeat(131_000) }
        }
      ]
    )
    assert.strictEqual(state.documents, small.documents + 3)
    const stored = Tree.get(state.collections, "empty")!.documents
    for (const id of ["many", "wide"])
      assert.isAbove(Tree.get(stored, id)!.bytes, 0.99 * documentMaxBytes)
    assertSame(restored(bytesOf(state)), state)
  })

  it("[ST12] an index stays multi, though the document with the array is gone", () => {
    const state = after(small, [{ _tag: "DeleteDocument", collection: "users", id: "u2" }])
    const [, , byTags] = Tree.get(restored(bytesOf(state)).collections, "users")!.indexes
    assert.isTrue(byTags!.multi)
  })

  it("[ST18] the bytes may come in pieces of any size", () => {
    const bytes = bytesOf(small)
    const bits = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
    assertSame(restored(...bits), small)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length })), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const pieces = edges.slice(1).map((edge, at) => bytes.subarray(edges[at], edge))
        assertSame(restored(...pieces), small)
      }),
      runs
    )
  })

  it("[ST18] what was pushed may be used for something else afterwards", () => {
    const decoder = Snapshot.makeDecoder()
    for (const chunk of Snapshot.encode(small, header)) {
      decoder.push(chunk)
      chunk.fill(0)
    }
    const loaded = decoder.finish()
    assert.strictEqual(loaded._tag, "State")
    if (loaded._tag === "State") assertSame(loaded.state, small)
  })
})

describe("writing", () => {
  it("[ST1] equal states have equal bytes, whatever the order of keys", () => {
    const [one, other] = [
      { _id: "d", a: 1, b: { d: [{ f: 1, e: 2 }], c: 3 }, "10": 1, "9": 2 },
      { b: { c: 3, d: [{ e: 2, f: 1 }] }, "9": 2, "10": 1, a: 1, _id: "d" }
    ].map((document) => after(small, [{ _tag: "AddDocument", collection: "empty", document }]))
    assert.deepStrictEqual(bytesOf(other!), bytesOf(one!))
    assert.notDeepEqual(bytesOf(one!), bytesOf(small))
  })

  it("[ST3] goes on over its state while newer ones are made, a chunk at a time", () => {
    const big = filled(3000)
    const expected = bytesOf(big)
    let state = big
    let newest = 0
    const chunks: Array<Uint8Array> = []
    for (const chunk of Snapshot.encode(big, header)) {
      chunks.push(chunk)
      assert.isBelow(chunk.length, chunkBytes + 2048)
      for (let count = 0; count < 100; count += 1) {
        const id = idOf((newest = (newest + 31) % 3000))
        state = after(state, [{ _tag: "UpdateDocument", collection: "c", id, set: { new: 1 } }])
      }
    }
    assert.isAbove(chunks.length, 5)
    assert.deepStrictEqual(decode(...chunks), decode(expected))
    assertSame(restored(...chunks), big)
    assert.notStrictEqual(digest(state), digest(big))
  })

  it("walks no further than it was asked to", () => {
    const big = filled(3000)
    const chunks = Snapshot.encode(big, header)
    const seen = new Set<string>()
    for (const [id, { document }] of Tree.entries(Tree.get(big.collections, "c")!.documents))
      Object.defineProperty(document, "_id", { enumerable: true, get: () => (seen.add(id), id) })
    chunks.next()
    assert.strictEqual(seen.size, 0)
    chunks.next()
    assert.isAbove(seen.size, 0)
    assert.isBelow(seen.size, 1500)
  })
})

describe("damage", () => {
  const bytes = bytesOf(small)

  it("[ST19] a snapshot with any byte changed is refused", () => {
    for (let at = 0; at < bytes.length; at += 1)
      for (const bits of [1 << (at % 8), 0xff]) {
        const damaged = bytes.slice()
        damaged[at]! ^= bits
        assert.strictEqual(decode(damaged)._tag, "SnapshotRefused", `byte ${at}`)
      }
  })

  it("[ST19] a snapshot that is cut anywhere, or has more after it, is refused", () => {
    for (let length = 0; length < bytes.length; length += 1)
      assert.strictEqual(decode(bytes.subarray(0, length))._tag, "SnapshotRefused", `${length}`)
    for (const more of [bytes.subarray(0, 1), bytes.subarray(0, 8), bytes])
      assert.strictEqual(decode(bytes, more)._tag, "SnapshotRefused")
  })

  it("[ST19] a snapshot with a chunk lost, doubled or moved is refused", () => {
    const chunks = [...Snapshot.encode(filled(3000), header)]
    assert.strictEqual(decode(...chunks)._tag, "State")
    for (const [at, chunk] of chunks.entries()) {
      assert.strictEqual(decode(...chunks.toSpliced(at, 1))._tag, "SnapshotRefused")
      assert.strictEqual(decode(...chunks.toSpliced(at, 0, chunk))._tag, "SnapshotRefused")
      if (at === 0) continue
      const moved = chunks.with(at - 1, chunk).with(at, chunks[at - 1]!)
      assert.strictEqual(decode(...moved)._tag, "SnapshotRefused")
    }
  })

  it("[ST19] after a refusal there is nothing but that refusal, which names the chunk", () => {
    const damaged = bytes.slice()
    const first = new DataView(bytes.buffer).getUint32(4) + 8
    damaged[first + 20]! ^= 1
    const decoder = Snapshot.makeDecoder()
    const refused = decoder.push(damaged)
    assert.deepStrictEqual(refused, {
      _tag: "SnapshotRefused",
      where: `chunk 1, at byte ${first}`,
      issue: "the checksum differs"
    })
    assert.strictEqual(decoder.push(bytes), refused)
    assert.strictEqual(decoder.finish(), refused)
  })
})

const assertSame = (actual: State.State, expected: State.State) => {
  assert.strictEqual(Describe.describe(actual), Describe.describe(expected))
  assert.strictEqual(digest(actual), digest(expected))
  assert.strictEqual(actual.resultBytes, expected.resultBytes)
  assert.deepStrictEqual(bytesOf(actual), bytesOf(expected))
}

const idOf = (at: number) => `d${String(at).padStart(6, "0")}`

/** A state of `size` documents of about 500 bytes. */
const filled = (size: number) => {
  const text = "0123456789".repeat(48)
  return after(
    State.empty,
    [{ _tag: "CreateCollection", collection: "c" }],
    ...Array.from({ length: size }, (_, at) => {
      const document = { _id: idOf(at), text }
      return [{ _tag: "AddDocument", collection: "c", document }] as const
    })
  )
}
