import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as KeyText from "../../src/state/KeyText.ts"
import { compare } from "../../src/value/Compare.ts"
import { normalizeValue } from "../../src/value/Normal.ts"
import { runs, text, value } from "../value/values.ts"

const odd = fc.array(
  fc.constantFrom("\u0000", "\u0001", "\u0002", "\u0003", "a", "\u00ff", "\uffff")
)
const normal = fc
  .oneof(
    value,
    odd.map((units) => units.join("")),
    fc.uint8Array({ max: 3 })
  )
  .map(normalizeValue)
const values = fc.array(normal, { minLength: 2, maxLength: 2 })

describe("the text of values", () => {
  it("stands where they stand, the first of them first, then what comes after them", () => {
    fc.assert(
      fc.property(values, values, text, text, (a, b, x, y) => {
        const one = a.map(KeyText.of).join("") + x
        const other = b.map(KeyText.of).join("") + y
        const expected = compare([...a, x], [...b, y])
        assert.strictEqual(one < other ? -1 : one > other ? 1 : 0, Math.sign(expected))
        assert.strictEqual(one.startsWith(KeyText.of(b[0]!)), compare(a[0], b[0]) === 0)
      }),
      runs(2000)
    )
  })

  it("is read back, as many of them as are asked for", () => {
    fc.assert(
      fc.property(values, text, (values, rest) => {
        const [first, second] = values.map(KeyText.of) as [string, string]
        const key = first + second + rest
        assert.deepStrictEqual(KeyText.read(key, 2), { values, rest })
        assert.deepStrictEqual(KeyText.read(key, 1), {
          values: values.slice(0, 1),
          rest: second + rest
        })
        assert.deepStrictEqual(KeyText.valueAt(key, first.length), values[1])
      }),
      runs(1000)
    )
  })

  it("takes bytes by the hundred thousand", () => {
    const bytes = new Uint8Array(300_000).fill(1)
    assert.deepStrictEqual(KeyText.valueAt(KeyText.of(bytes), 0), bytes)
  })

  it("takes a byte a character for plain values", () => {
    const plain = KeyText.of("city") + KeyText.of(-1.5) + KeyText.of(true) + KeyText.of(null)
    assert.isTrue([...plain].every((character) => character.charCodeAt(0) < 256))
  })
})
