import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Canonical from "../../src/value/Canonical.ts"
import { date, equals, isDate } from "../../src/value/Compare.ts"
import * as Fingerprint from "../../src/value/Fingerprint.ts"
import { normalizeValue } from "../../src/value/Normal.ts"
import type { Value } from "../../src/value/Value.ts"
import { disguised, isPlain, nested, runs, value } from "./values.ts"

/** By the obvious means. */
const slow = (of: unknown): string => {
  if (isDate(of)) return `{"$date":${of.getTime()}}`
  if (of instanceof Uint8Array) return `{"$bytes":"${Buffer.from(of).toString("base64")}"}`
  if (Array.isArray(of)) return `[${of.map(slow).join(",")}]`
  if (!isPlain(of)) return JSON.stringify(of)
  const members = Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${slow(member)}`).join(",")}}`
}

const textOf = (of: unknown) => {
  const canonical = Canonical.of(of)
  if (canonical._tag === "Issue") throw new Error(`${canonical.path}: ${canonical.issue}`)
  return canonical.text
}

const textOfFilter = (of: Value) => {
  const canonical = Canonical.ofFilter(of)
  return canonical._tag === "Issue" ? [canonical.path, canonical.issue] : canonical.text
}

const issueOf = (of: unknown) => {
  const canonical = Canonical.of(of)
  assert.deepStrictEqual(Canonical.measure(of)._tag, canonical._tag)
  return canonical._tag === "Issue" ? [canonical.path, canonical.issue] : canonical.text
}

describe("the text", () => {
  it("[ST6] is what sorting and JSON give, with its size and fingerprint", () => {
    fc.assert(
      fc.property(value, (some) => {
        const text = slow(some)
        const bytes = Buffer.byteLength(text)
        assert.deepStrictEqual(Canonical.of(some), { _tag: "Canonical", text, bytes })
        assert.deepStrictEqual(Canonical.ofFilter(some), Canonical.of(some))
        const fingerprint = Fingerprint.of(text)
        assert.deepStrictEqual(Canonical.measure(some), { _tag: "Measured", bytes, fingerprint })
      }),
      runs(1000)
    )
  })

  it("[ST6] does not depend on key order, nor on how the value arrived", () => {
    fc.assert(
      fc.property(value, (some) => {
        assert.strictEqual(textOf(disguised(some)), textOf(some))
        assert.strictEqual(textOf(normalizeValue(disguised(some))), textOf(some))
      }),
      runs(500)
    )
  })

  it("[ST6] is the same for equal values only", () => {
    fc.assert(
      fc.property(value, value, (a, b) =>
        assert.strictEqual(textOf(a) === textOf(b), equals(normalizeValue(a), normalizeValue(b)))
      ),
      runs(500)
    )
  })

  it("[ST6] is right for texts longer than the memory it is written in", () => {
    for (const unit of ["a", "é", "\n", "😀"]) {
      const long = { a: unit.repeat(600_000), b: [unit.repeat(500_000)], c: "d" }
      const text = slow(long)
      assert.isTrue(textOf(long) === text)
      const measured = {
        _tag: "Measured",
        bytes: Buffer.byteLength(text),
        fingerprint: Fingerprint.of(text)
      }
      assert.deepStrictEqual(Canonical.measure(long), measured as Canonical.Measured)
      assert.strictEqual(textOf({ a: 1 }), '{"a":1}')
    }
  })

  it("[ST6] of many keys is in order", () => {
    const names = Array.from({ length: 300 }, (_, at) => `n${(at * 7919) % 300}`)
    const many = Object.fromEntries(names.map((name) => [name, 1]))
    assert.strictEqual(textOf(many), slow(many))
  })
})

describe("what has no text", () => {
  class Point {
    readonly x = 1
  }
  const cases: ReadonlyArray<readonly [string, unknown, string, string]> = [
    ["NaN", { a: Number.NaN }, "a", "a number that is not finite"],
    ["an infinity", [1, -Infinity], "[1]", "a number that is not finite"],
    ["half of a character", { a: [{ b: "x\ud800" }] }, "a[0].b", "a text with half of a character"],
    ["the other half", "\udc00\ud800", "", "a text with half of a character"],
    [
      "half of a character in a name",
      { "\ud800": 1 },
      "\ufffd",
      "a field name with half of a character"
    ],
    ["an empty name", { a: { "": 1 } }, 'a.""', "a field name that is empty"],
    ["a dot in a name", { "a.b": 1 }, "a.b", "a field name with a dot"],
    ["$ before a name", { a: [{ $gt: 1 }] }, "a[0].$gt", "a field name that begins with $"],
    [
      "what a date is written as",
      { a: { $date: 1 } },
      "a.$date",
      "a field name that begins with $"
    ],
    ["__proto__", JSON.parse('{"__proto__":{"a":1}}'), "__proto__", "a field named __proto__"],
    [
      "undefined in an array",
      { a: [1, undefined] },
      "a[1]",
      "undefined, which is not a value of a document"
    ],
    [
      "a hole in an array",
      { a: Array(1) },
      "a[0]",
      "undefined, which is not a value of a document"
    ],
    ["nothing at all", undefined, "", "undefined, which is not a value of a document"],
    ["a function", { a: () => 1 }, "a", "function, which is not a value of a document"],
    ["a symbol", { a: Symbol("a") }, "a", "symbol, which is not a value of a document"],
    ["a big integer", { a: 1n }, "a", "bigint, which is not a value of a document"],
    ["an object of a class", { a: new Point() }, "a", "an object of a class"],
    ["a map", new Map(), "", "an object of a class"],
    ["a date that is none", { a: date(Number.NaN) }, "a", "a date that is not a time"]
  ]

  it.each(cases)("[ST6] %s is an issue, with its place", (_, of, path, issue) => {
    assert.deepStrictEqual(issueOf(of), [path, issue])
  })

  it("[ST6] a value of more than 100 levels is an issue", () => {
    assert.strictEqual(textOf(nested(100)), slow(nested(100)))
    const [path, issue] = issueOf(nested(101))
    assert.strictEqual(issue, "more than 100 levels")
    assert.isAtMost(path!.length, 257)
    assert.strictEqual(issueOf(nested(5000))[1], "more than 100 levels")
  })

  it("[ST6] an issue names its place in few characters, whatever the names are", () => {
    const [path] = issueOf({ ["😀".repeat(100_000)]: { ["x".repeat(90)]: Number.NaN } })
    assert.isAtMost(path!.length, 300)
    assert.isTrue(Canonical.isWellFormed(path!))
  })

  it("[ST6] an issue leaves nothing behind for the next value", () => {
    Canonical.of({ a: "b", c: Number.NaN })
    assert.strictEqual(textOf([1]), "[1]")
  })
})

describe("a filter's text", () => {
  it("[ST9] may have dots and operators as names", () => {
    assert.strictEqual(textOfFilter({ "a.b": { $gt: 1 }, $or: [] }), '{"$or":[],"a.b":{"$gt":1}}')
    assert.strictEqual(textOfFilter({ at: date(5) }), '{"at":{"$date":5}}')
  })

  it("[ST9] cannot be taken for that of another filter", () => {
    assert.deepStrictEqual(textOfFilter({ at: { $date: 5 } }), ["at.$date", "an unknown operator"])
    assert.deepStrictEqual(textOfFilter({ $bytes: "" }), ["$bytes", "an unknown operator"])
    const proto = JSON.parse('{"__proto__":1}') as Value
    assert.deepStrictEqual(textOfFilter(proto), ["__proto__", "a field named __proto__"])
  })
})
