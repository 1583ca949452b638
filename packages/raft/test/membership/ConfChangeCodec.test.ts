import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { ConfChange } from "../../src/membership/ConfChange.ts"
import { decodeChange, encodeChange } from "../../src/membership/ConfChangeCodec.ts"
import { anyText } from "../wire/strings.ts"

const numRuns = Number(process.env["RUNS"] ?? 300)

const anyChange: fc.Arbitrary<ConfChange> = fc.record({
  transition: fc.constantFrom("Auto", "JointImplicit", "JointExplicit"),
  changes: fc.array(
    fc.record({ kind: fc.constantFrom("AddVoter", "AddLearner", "Remove"), node: anyText }),
    { maxLength: 5 }
  )
})

describe("ConfChangeCodec", () => {
  it("gives back every change", () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        assert.deepStrictEqual(decodeChange(encodeChange(change)), change)
      }),
      { numRuns }
    )
  })

  it("writes what is stored in logs and must stay readable", () => {
    const change: ConfChange = {
      transition: "JointImplicit",
      changes: [
        { kind: "AddVoter", node: "a/1" },
        { kind: "Remove", node: "é" }
      ]
    }
    assert.deepStrictEqual([...encodeChange(change)], [1, 1, 2, 0, 3, 97, 47, 49, 2, 2, 0xc3, 0xa9])
  })

  it("refuses a change that is cut, prolonged or of another version", () => {
    const bytes = encodeChange({
      transition: "Auto",
      changes: [{ kind: "AddLearner", node: "n/1" }]
    })
    for (let end = 0; end < bytes.length; end++) {
      assert.isUndefined(decodeChange(bytes.subarray(0, end)))
    }
    assert.isUndefined(decodeChange(Uint8Array.of(...bytes, 0)))
    assert.isUndefined(decodeChange(Uint8Array.of(2, ...bytes.subarray(1))))
    assert.isUndefined(decodeChange(Uint8Array.of(1, 3, 0)))
    assert.isUndefined(decodeChange(Uint8Array.of(1, 0, 1, 3, 0)))
    assert.isUndefined(decodeChange(Uint8Array.of(1, 0, 255, 255, 255, 255, 1)))
  })

  it("takes any bytes for a change only if the change is written with these bytes", () => {
    const almost = fc
      .tuple(anyChange, fc.nat(), fc.nat({ max: 255 }))
      .map(([change, at, value]) => {
        const bytes = encodeChange(change).slice()
        bytes[at % bytes.length] = value
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), almost), (bytes) => {
        const change = decodeChange(bytes)
        if (change !== undefined) assert.deepStrictEqual(encodeChange(change), bytes)
      }),
      { numRuns: 3 * numRuns }
    )
  })
})
