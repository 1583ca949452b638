import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { date, equals } from "../../src/value/Compare.ts"
import * as Json from "../../src/value/Json.ts"
import { normalizeValue } from "../../src/value/Normal.ts"
import * as Packed from "../../src/value/Packed.ts"
import type { Value } from "../../src/value/Value.ts"
import { disguised, isPlain, nested, runs, value } from "./values.ts"

const packed = (text: string, tail: ReadonlyArray<number> = []) => {
  const encoded = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(encoded.length)
  return new Uint8Array(Buffer.concat([length, encoded, Buffer.from(tail)]))
}

const read = (decoded: ReturnType<typeof Packed.decode>): Value => {
  if (decoded._tag === "Issue") throw new Error(`${decoded.path}: ${decoded.issue}`)
  return decoded.value
}

/** JSON with quotes, escapes and names in all places. */
const escapes = fc
  .array(
    fc.constantFrom('"a"', '"\\\\"', '"\\""', '"\\n"', "{", "}", "[", "]", ":", ",", " ", "1"),
    { maxLength: 12 }
  )
  .map((parts) => parts.join(""))

describe("packed", () => {
  it("[ST6] a value comes back as it was, in normal form", () => {
    fc.assert(
      fc.property(value, (some) => {
        const bytes = Packed.encode(some)
        assert.deepStrictEqual(read(Packed.decode(bytes)), normalizeValue(some))
        const other = disguised(some)
        assert.deepStrictEqual(read(Packed.decode(Packed.encode(other))), normalizeValue(other))
        // As a piece of a larger buffer too, and without a share in it.
        const within = new Uint8Array([9, ...bytes, 9]).subarray(1, -1)
        const again = read(Packed.decode(within))
        within.fill(7)
        assert.deepStrictEqual(again, normalizeValue(some))
      }),
      runs(1000)
    )
  })

  it("[ST1] names that need an escape do not depend on what was parsed before", () => {
    // With this, the runtime's own parser may read the second name below as a backslash.
    JSON.parse('{"h":[],"\\\\":0}')
    for (const odd of ['"', "\n", "\\", "\\n", "\u0001"]) {
      const some = { h: 1, [odd]: [{ h: 1, [odd]: "a\\" }] }
      assert.deepStrictEqual(read(Packed.decode(Packed.encode(some))), some)
      assert.deepStrictEqual(read(Packed.decode(packed(`{"h":1,"x":"a${"\\\\"}"}`))), {
        h: 1,
        x: "a\\"
      })
    }
  })

  it("[ST6] bytes travel as they are, and next to nothing is added", () => {
    const image = new Uint8Array(10_000).fill(200)
    assert.isBelow(Packed.encode({ image, again: [image] }).length, 20_100)
  })

  it("[ST19] cut anywhere, or longer, it is refused", () => {
    fc.assert(
      fc.property(value, (some) => {
        const bytes = Packed.encode([some])
        for (let length = 0; length < bytes.length; length += 1)
          assert.strictEqual(Packed.decode(bytes.subarray(0, length))._tag, "Issue")
        assert.strictEqual(Packed.decode(new Uint8Array([...bytes, 0]))._tag, "Issue")
      }),
      runs(100)
    )
  })

  it("[ST6] other bytes are refused, or are a value that comes back", () => {
    const flipped = fc.record({ value, at: fc.nat(), to: fc.nat({ max: 255 }) }).map((each) => {
      const bytes = Packed.encode(each.value)
      bytes[each.at % bytes.length] = each.to
      return bytes
    })
    fc.assert(
      fc.property(
        fc.oneof(
          flipped,
          fc.uint8Array(),
          fc.json().map((text) => packed(text)),
          escapes.map((text) => packed(text))
        ),
        (bytes) => {
          const decoded = Packed.decode(bytes)
          if (decoded._tag === "Issue") return
          const again = read(Packed.decode(Packed.encode(decoded.value)))
          assert.isTrue(equals(again, decoded.value))
        }
      ),
      runs(1000)
    )
  })

  const hostile: ReadonlyArray<readonly [string, Uint8Array, string, string]> = [
    ["nothing", new Uint8Array(), "", "too few bytes"],
    ["a length beyond the end", new Uint8Array([255, 255, 255, 255, 48]), "", "too few bytes"],
    ["no text", packed(""), "", "text that is not JSON in UTF-8"],
    ["half a text", packed('{"a":'), "", "text that is not JSON in UTF-8"],
    [
      "bytes that are not UTF-8",
      new Uint8Array([0, 0, 0, 3, 34, 255, 34]),
      "",
      "text that is not JSON in UTF-8"
    ],
    [
      "a surrogate in UTF-8",
      new Uint8Array([0, 0, 0, 5, 34, 0xed, 0xa0, 0x80, 34]),
      "",
      "text that is not JSON in UTF-8"
    ],
    ["half of a character", packed('{"a":["\\ud800"]}'), "a[0]", "a text with half of a character"],
    [
      "half of a character in a name",
      packed('{"$fields":[["\\uDFFF",1]]}'),
      "\ufffd",
      "a field name with half of a character"
    ],
    ["1e400", packed("[1e400]"), "[0]", "a number that is not finite"],
    ["__proto__", packed('{"a":{"__proto__":{"b":1}}}'), "a.__proto__", "a field named __proto__"],
    [
      "__proto__ in pairs",
      packed('{"$fields":[["__proto__",1]]}'),
      "__proto__",
      "a field named __proto__"
    ],
    ["a date that is a text", packed('{"a":{"$date":"x"}}'), "a", dateIssue()],
    ["a date between milliseconds", packed('{"$date":1.5}'), "", dateIssue()],
    ["a date beyond time", packed('{"$date":8640000000000001}'), "", dateIssue()],
    ["a date with company", packed('{"$date":1,"a":1}'), "", dateIssue()],
    ["bytes with company", packed('{"a":1,"$bytes":[0,0]}'), "", bytesIssue()],
    ["bytes as base64", packed('{"$bytes":"AQID"}'), "", bytesIssue()],
    ["an escape in a name", packed('{"\\u005f_proto__":1}'), "", "a field name with an escape"],
    [
      "an escape in a name, apart",
      packed('{"a":"\\n","\\n" \n:1}'),
      "",
      "a field name with an escape"
    ],
    ["pairs with company", packed('{"$fields":[],"a":1}'), "", pairsIssue()],
    ["pairs that are none", packed('{"$fields":{"a":1}}'), "", pairsIssue()],
    ["a pair of three", packed('{"$fields":[["a",1,2]]}'), "", pairsIssue()],
    ["a pair without a name", packed('{"$fields":[[1,2]]}'), "", pairsIssue()],
    ["a date in pairs", packed('{"$fields":[["$date",2]]}'), "", pairsIssue()],
    [
      "what is wrong in pairs",
      packed('[{"$fields":[["a",[1e400]]]}]'),
      "[0].a[0]",
      "a number that is not finite"
    ],
    ["bytes past the end", packed('{"$bytes":[0,2]}', [1]), "", bytesIssue()],
    ["bytes past a gap", packed('{"$bytes":[1,1]}', [1, 2]), "", bytesIssue()],
    ["bytes of a negative length", packed('{"$bytes":[0,-1]}', [1]), "", bytesIssue()],
    ["bytes of half a length", packed('{"$bytes":[0,0.5]}', [1]), "", bytesIssue()],
    ["bytes of three numbers", packed('{"$bytes":[0,1,2]}', [1]), "", bytesIssue()],
    [
      "bytes that overlap",
      packed('[{"$bytes":[0,2]},{"$bytes":[1,2]}]', [1, 2, 3]),
      "[1]",
      bytesIssue()
    ],
    [
      "bytes used twice",
      packed('[{"$bytes":[0,2]},{"$bytes":[0,2]}]', [1, 2]),
      "[1]",
      bytesIssue()
    ],
    [
      "bytes out of order",
      packed('[{"$bytes":[1,1]},{"$bytes":[0,1]}]', [1, 2]),
      "[0]",
      bytesIssue()
    ],
    ["bytes left over", packed('[{"$bytes":[0,1]}]', [1, 2]), "", "bytes that no value refers to"]
  ]

  it.each(hostile)("[ST6] %s is an issue, with its place", (_, bytes, path, issue) => {
    assert.deepStrictEqual(Packed.decode(bytes), { _tag: "Issue", path, issue })
  })

  it("[ST6] a depth bomb is an issue", () => {
    for (const levels of [129, 1000, 400_000])
      for (const [open, close] of [["[", "]"] as const, ['{"a":', "}"] as const]) {
        const decoded = Packed.decode(packed(`${open.repeat(levels)}1${close.repeat(levels)}`))
        assert.strictEqual(decoded._tag === "Issue" ? decoded.issue : "", "more than 128 levels")
      }
    assert.deepStrictEqual(read(Packed.decode(Packed.encode(nested(128)))), nested(128))
  })

  it("[ST6] of a name that stands twice, the last counts", () => {
    assert.deepStrictEqual(read(Packed.decode(packed('{"a":1,"a":2}'))), { a: 2 })
    assert.deepStrictEqual(read(Packed.decode(packed('{"a":{"$bytes":[0,9]},"a":2}'))), { a: 2 })
  })
})

describe("JSON", () => {
  it("[ST6] a value comes back from it as it was, in normal form", () => {
    fc.assert(
      fc.property(value, (some) => {
        const json = Json.toJson(some)
        assert.isTrue(isJson(json))
        assert.deepStrictEqual(read(Json.fromJson(json)), normalizeValue(some))
      }),
      runs(500)
    )
  })

  it("[ST6] whatever comes is a value or an issue, and stays as it was", () => {
    const tagged = fc.constantFrom(
      { $date: 1 },
      { $date: "1" },
      { $bytes: "AQ==" },
      { $bytes: "AQ" }
    )
    const json = fc.oneof(fc.jsonValue(), fc.array(tagged), fc.dictionary(fc.string(), tagged))
    fc.assert(
      fc.property(json, (some) => {
        const before = JSON.stringify(some)
        const found = Json.fromJson(some)
        assert.strictEqual(JSON.stringify(some), before)
        if (found._tag === "Issue") return
        assert.strictEqual(JSON.stringify(Json.toJson(found.value)), before)
      }),
      runs(500)
    )
  })

  it.each([
    ["bytes with spaces", { $bytes: "AQ = " }],
    ["bytes without padding", { $bytes: "AQ" }],
    ["bytes as a list", { $bytes: [0, 1] }],
    ["a date with company", { $date: 1, b: 1 }],
    ["undefined", { a: undefined }],
    ["half of a character", ["\udc00"]],
    ["a map", new Map()],
    ["a date of the runtime", date(1)],
    ["an infinity", [Infinity]],
    ["too many levels", nested(129)],
    ["__proto__", JSON.parse('{"__proto__":1}') as unknown]
  ])("[ST6] %s is an issue", (_, json) => {
    const found = Json.fromJson([json])
    assert.strictEqual(found._tag === "Issue" ? found.path.slice(0, 3) : "", "[0]")
  })
})

/** Not by parsing its text: the runtime's parser may take one name for another. */
const isJson = (of: unknown): boolean =>
  typeof of !== "object" || of === null
    ? of !== undefined
    : Array.isArray(of)
      ? of.every(isJson)
      : isPlain(of) && Object.values(of).every(isJson)

function dateIssue() {
  return 'a date is {"$date": ms}, in whole milliseconds, and nothing beside it'
}

function pairsIssue() {
  return "fields in pairs are a list of names with values, and nothing beside it"
}

function bytesIssue() {
  return "bytes that do not stand where the ones before them end"
}
