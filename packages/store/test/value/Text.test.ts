import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Crc32c from "../../src/value/Crc32c.ts"
import * as Base64 from "../../src/value/Base64.ts"
import * as Fingerprint from "../../src/value/Fingerprint.ts"
import * as Text from "../../src/value/Text.ts"
import { runs, text } from "./values.ts"

const units = fc
  .array(
    fc.constantFrom(
      0x61,
      0x7f,
      0x80,
      0x7ff,
      0x800,
      0xd7ff,
      0xd800,
      0xdbff,
      0xdc00,
      0xdfff,
      0xe000,
      0xffff
    )
  )
  .map((some) => String.fromCharCode(...some))

describe("texts", () => {
  it("[ST6] are found well-formed, and made so, as the runtime does it", () => {
    fc.assert(
      fc.property(units, (some) => {
        const wellFormed = Buffer.from(some).toString()
        assert.strictEqual(Text.isWellFormed(some), some === wellFormed)
        assert.strictEqual(Text.toWellFormed(some), wellFormed)
        assert.strictEqual(Text.utf8Bytes(wellFormed), Buffer.byteLength(some))
      }),
      runs(1000)
    )
  })

  it("an id has 1 to 128 bytes", () => {
    for (const id of ["a", " ", "é".repeat(64), "x".repeat(128), "😀".repeat(32), "\0"])
      assert.isTrue(Text.isId(id))
    for (const id of [
      "",
      "é".repeat(65),
      "x".repeat(129),
      "\ud800",
      "a\udc00",
      5,
      null,
      undefined,
      ["a"]
    ])
      assert.isFalse(Text.isId(id))
  })

  it("a name is a letter, then up to 63 letters, digits, hyphens and underscores", () => {
    const near = fc.array(fc.constantFrom(..."@AZ[`az{/09:-_.é "), { maxLength: 4 })
    fc.assert(
      fc.property(near, (parts) => {
        const name = parts.join("")
        assert.strictEqual(Text.isName(name), /^[A-Za-z][A-Za-z0-9_-]{0,63}$/u.test(name))
      }),
      runs(1000)
    )
    assert.isTrue(Text.isName("a".repeat(64)))
    for (const name of ["a".repeat(65), "a\n", 5, undefined]) assert.isFalse(Text.isName(name))
  })
})

describe("base64", () => {
  it("[ST6] is what every other program writes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const written = Base64.encode(bytes)
        assert.strictEqual(written, Buffer.from(bytes).toString("base64"))
        assert.deepStrictEqual(Base64.decode(written), bytes)
      }),
      runs(500)
    )
  })

  it("[ST6] is read in one form only", () => {
    const near = fc.array(fc.constantFrom(..."AQg=/+-_é \n"), { maxLength: 8 })
    fc.assert(
      fc.property(near, (parts) => {
        const written = parts.join("")
        const read = Base64.decode(written)
        const bytes = Buffer.from(written, "base64")
        const right = bytes.toString("base64") === written
        assert.deepStrictEqual(read, right ? new Uint8Array(bytes) : undefined)
      }),
      runs(1000)
    )
  })
})

describe("fingerprints", () => {
  it("[ST1] are the same in every release", () => {
    assert.strictEqual(Crc32c.of(new TextEncoder().encode("123456789")), 0xe3069283)
    assert.strictEqual(Crc32c.of(new Uint8Array(32)), 0x8a9136aa)
    const printed = ["", "a", "a\0", "ab", "\u{1f600}", '{"_id":"a"}'].map((of) =>
      Fingerprint.toHex(Fingerprint.of(of))
    )
    assert.deepStrictEqual(printed, [
      "86a14226e1b91",
      "5127f32051a9a",
      "2b6107794b5de",
      "a61546438f474",
      "3a6a7540699cd",
      "9685c35fdf95e"
    ])
  })

  it("[ST1] of a text and of its units are the same", () => {
    fc.assert(
      fc.property(text, (some) => {
        const codes = new Uint16Array(some.length + 3).fill(7)
        for (let at = 0; at < some.length; at += 1) codes[at] = some.charCodeAt(at)
        assert.strictEqual(Fingerprint.ofUnits(codes, some.length), Fingerprint.of(some))
      }),
      runs(500)
    )
  })

  it("[ST1] add up to the same in any order, and can be taken back", () => {
    const print = fc.string().map(Fingerprint.of)
    fc.assert(
      fc.property(fc.array(print), print, (all, one) => {
        const sum = all.reduce(Fingerprint.add, 0)
        assert.strictEqual(all.toReversed().reduce(Fingerprint.add, 0), sum)
        assert.strictEqual(Fingerprint.subtract(Fingerprint.add(sum, one), one), sum)
        assert.isTrue(Number.isSafeInteger(sum) && sum >= 0 && sum < 2 ** 52)
      }),
      runs(300)
    )
  })

  it("tell texts apart that differ little", () => {
    const seen = new Set<number>()
    for (let at = 0; at < 20_000; at += 1) {
      seen.add(Fingerprint.of(`{"_id":"${at}"}`))
      seen.add(Fingerprint.of("x".repeat(at % 500) + String.fromCharCode(at)))
    }
    assert.isAtLeast(seen.size, 39_980)
  })
})
