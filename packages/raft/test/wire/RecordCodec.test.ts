import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Malformed } from "../../src/wire/Malformed.ts"
import * as RecordCodec from "../../src/wire/RecordCodec.ts"
import { anyEntry, anyHardState, anySnapshot, anyStored, damaged, runs } from "./arbitrary.ts"

const codec = <A>(
  name: string,
  values: fc.Arbitrary<A>,
  encode: (value: A) => Uint8Array,
  decode: (bytes: Uint8Array) => A | Malformed
) => {
  describe(name, () => {
    it("gives back every value", () => {
      fc.assert(
        fc.property(values, (value) => {
          assert.deepStrictEqual(decode(encode(value)), value)
        }),
        runs(200)
      )
    })

    it("takes any bytes for a value only if the value is written with these bytes", () => {
      const low = fc.uint8Array({ maxLength: 30, max: 3 }).map((rest) => Uint8Array.of(1, ...rest))
      fc.assert(
        fc.property(fc.oneof(damaged(values.map(encode)), low), (bytes) => {
          const value = decode(bytes)
          if (!isMalformed(value)) assert.deepStrictEqual(encode(value as A), bytes)
        }),
        runs(1000)
      )
    })

    it("refuses what is cut, prolonged, or of another version", () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = encode(value)
          for (let end = 0; end < bytes.length; end++) {
            assert.isTrue(isMalformed(decode(bytes.subarray(0, end))))
          }
          assert.isTrue(isMalformed(decode(Uint8Array.of(...bytes, 0))))
          assert.isTrue(isMalformed(decode(Uint8Array.of(2, ...bytes.subarray(1)))))
        }),
        runs(50)
      )
    })
  })
}

const isMalformed = (value: unknown): boolean => (value as Malformed)._tag === "Malformed"

codec("encodeBatch", anyStored, RecordCodec.encodeBatch, RecordCodec.decodeBatch)
codec("encodeEntry", anyEntry, RecordCodec.encodeEntry, RecordCodec.decodeEntry)
codec("encodeHardState", anyHardState, RecordCodec.encodeHardState, RecordCodec.decodeHardState)
codec(
  "encodeSnapshotMeta",
  anySnapshot,
  RecordCodec.encodeSnapshotMeta,
  RecordCodec.decodeSnapshotMeta
)

describe("RecordCodec", () => {
  it("writes the same bytes as the first version", () => {
    const bytes = RecordCodec.encodeBatch({
      hardState: { term: 2, vote: "n/1", commit: 300 },
      truncateFrom: 5,
      snapshot: undefined,
      entries: [{ term: 2, index: 5, kind: "noop", time: 7, data: new Uint8Array() }]
    })
    const hardState = [2, 1, 3, 110, 47, 49, 0xac, 2]
    assert.deepStrictEqual([...bytes], [1, ...hardState, 1, 5, 0, 5, 1, 2, 2, 7, 0])
  })

  it("holds no view of the bytes it read", () => {
    const entry = {
      term: 1,
      index: 1,
      kind: "command",
      time: 1,
      data: Uint8Array.of(1, 2)
    } as const
    const bytes = RecordCodec.encodeEntry(entry)
    const decoded = RecordCodec.decodeEntry(bytes)
    bytes.fill(0)
    assert.deepStrictEqual(decoded, entry)
  })
})
