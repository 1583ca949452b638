import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { InvariantViolation } from "../../src/invariant.ts"
import { Reader } from "../../src/wire/Reader.ts"
import { Writer } from "../../src/wire/Writer.ts"
import { anyNumber, runs } from "./arbitrary.ts"
import { anyText } from "./strings.ts"

const written = (write: (writer: Writer) => void): Uint8Array => {
  const writer = new Writer(0)
  write(writer)
  return writer.finish()
}

const numberOf = (...bytes: Array<number>) => {
  const reader = new Reader(Uint8Array.from(bytes))
  return reader.finish(reader.number())
}

const textOf = (...bytes: Array<number>) => {
  const reader = new Reader(Uint8Array.of(bytes.length, ...bytes))
  return reader.finish(reader.text())
}

describe("Writer and Reader", () => {
  it("give back every sequence of values, however small the guess of the size", () => {
    const value = fc.oneof(anyNumber, anyText, fc.uint8Array({ maxLength: 20 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(value), fc.nat({ max: 100 }), (values, size) => {
        const writer = new Writer(size)
        for (const value of values) {
          if (typeof value === "number") writer.number(value)
          else if (typeof value === "string") writer.text(value)
          else if (typeof value === "boolean") writer.flag(value)
          else writer.data(value)
        }
        const reader = new Reader(writer.finish())
        const read = values.map((value) =>
          typeof value === "number"
            ? reader.number()
            : typeof value === "string"
              ? reader.text()
              : typeof value === "boolean"
                ? reader.flag()
                : reader.data()
        )
        assert.deepStrictEqual(reader.finish(read), values)
      }),
      runs(500)
    )
  })

  it("take seven bits a byte for a number, up to 2^53 - 1", () => {
    const lengths = [0, 127, 128, 2 ** 14, 2 ** 28 - 1, 2 ** 28, 2 ** 49 - 1, 2 ** 49, 2 ** 53 - 1]
    assert.deepStrictEqual(
      lengths.map((value) => written((writer) => writer.number(value)).length),
      [1, 1, 2, 3, 4, 5, 7, 8, 8]
    )
  })

  it.each([2 ** 53, -1, 0.5, Number.NaN, Infinity])("a number is never %d", (value) => {
    assert.throws(() => written((writer) => writer.number(value)), InvariantViolation, "RA7")
  })

  it("refuse numbers above 2^53 - 1, and those that are not in their shortest form", () => {
    assert.strictEqual(numberOf(255, 255, 255, 255, 255, 255, 255, 15), 2 ** 53 - 1)
    for (const bytes of [
      [128, 128, 128, 128, 128, 128, 128, 16],
      [255, 255, 255, 255, 255, 255, 255, 127],
      [128, 128, 128, 128, 128, 128, 128, 128, 1],
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
      [128, 0],
      [255, 128, 0],
      [128],
      []
    ]) {
      assert.propertyVal(numberOf(...bytes), "_tag", "Malformed", bytes.join())
    }
  })

  it("write whole characters as UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const expected = [...new TextEncoder().encode(text)]
        assert.deepStrictEqual(
          [...written((writer) => writer.text(text))].slice(-expected.length || Infinity),
          expected
        )
      }),
      runs(300)
    )
  })

  it("refuse text in any other form than its own", () => {
    assert.strictEqual(textOf(0xed, 0xa0, 0x80), "\ud800")
    for (const bytes of [
      [0x80],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x9f, 0xbf],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xc3, 0x28],
      [0xe2, 0x28, 0xa1],
      [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]
    ]) {
      assert.propertyVal(textOf(...bytes), "_tag", "Malformed", bytes.join())
    }
  })

  it("remember the first problem and go on with empty values", () => {
    const reader = new Reader(Uint8Array.of(9, 1))
    assert.strictEqual(reader.text(), "")
    assert.strictEqual(reader.number(), 0)
    assert.deepStrictEqual(reader.data(), new Uint8Array())
    assert.deepStrictEqual(reader.finish(1), { _tag: "Malformed", problem: "ends too early" })
  })
})
