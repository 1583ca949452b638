/** Snapshots whose checksums are right, and what they say is not. */
import { sha256 } from "@noble/hashes/sha2.js"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { chunk, chunkMaxBytes } from "../../src/snapshot/Chunks.ts"
import * as Records from "../../src/snapshot/Records.ts"
import * as Snapshot from "../../src/snapshot/Snapshot.ts"
import * as Packed from "../../src/value/Packed.ts"
import type { Fields, Value } from "../../src/value/Value.ts"
import { bytesOf, decode, header, small } from "./states.ts"

/** `RUNS=2000` looks further, at other inputs each time. */
const runs =
  process.env["RUNS"] === undefined
    ? { numRuns: 300, seed: 1 }
    : { numRuns: Number(process.env["RUNS"]) }

type Record = ReadonlyArray<Value>

describe("what a snapshot says is checked as if it came in commands", () => {
  it("[ST19] the forger writes what `encode` writes, if nothing is forged", () => {
    assert.strictEqual(decode(forge({}))._tag, "State")
  })

  const contents = Array.from(Records.contents(small), ({ record }) => record)
  const at = (kind: string) => contents.findIndex(([found]) => found === kind)
  const put = (kind: string, ...records: ReadonlyArray<Value>) =>
    contents.toSpliced(at(kind), 1, ...(records as ReadonlyArray<Record>))
  const collection = contents[at("c")]!
  const document = contents[at("d")]!
  const session = contents[at("s")]!
  const result = contents[at("r")]!
  const key = contents[at("k")]!
  const users = contents.findIndex(([, , , name]) => name === "users")
  const noDocument = 'what is not a document in "users"'
  const refused = (document: Fields) => put("d", ["d", 1, { _id: "a", ...document }])
  const withIndex = (change: Fields) =>
    put(
      "c",
      collection.with(5, [{ name: "i", keys: ["a"], unique: false, multi: false, ...change }])
    )
  const same = { _id: "u0", name: "Zoë 😀", address: { city: null } }

  /** What is said, and what is the answer. */
  const forgeries: ReadonlyArray<readonly [string, ReadonlyArray<Record>, string]> = [
    ["a record of an unknown kind", [...contents, ["x"]], "unknown kind"],
    ["a record that is not a list", [...contents, { c: 1 } as never], "unknown kind"],
    ["a record of nothing", [...contents, []], "unknown kind"],
    ["a second header", [...contents, Records.header(header, small)], "unknown kind"],
    ["a footer among records", [["end", {}], ...contents], "unknown kind"],
    ["a document outside of a collection", [document, ...contents], "outside of a collection"],
    ["a document twice", put("d", document, document), "out of order"],
    ["documents out of order", put("d", document.with(2, { _id: "zzz" })), "out of order"],
    ["a document without an id", put("d", document.with(2, { a: 1 })), noDocument],
    ["a document with an id that is no text", refused({ _id: 5 }), noDocument],
    ["a document with an empty id", refused({ _id: "" }), noDocument],
    ["a document with an id that is too long", refused({ _id: "i".repeat(129) }), noDocument],
    ["a document that is a list", put("d", document.with(2, ["a"])), noDocument],
    ["a document of no entry", put("d", document.with(1, -1)), noDocument],
    ["a document of half an entry", put("d", document.with(1, 1.5)), noDocument],
    ["a document of a later entry", put("d", document.with(1, small.index)), noDocument],
    ["a record of a document with more in it", put("d", [...document, 1]), noDocument],
    ["a document with a name that begins with $", refused({ $a: 1 }), "begins with $"],
    ["a document that is too large", refused({ a: "a".repeat(2 ** 19) }), "DocumentTooLarge"],
    ["a document of too many levels", refused({ a: deep(100) }), "more than 100 levels"],
    ["a document with a list for its expiry", refused({ until: [] }), "InvalidDocument"],
    [
      "two documents that hold a unique key",
      put("d", document.with(2, same), document),
      "DuplicateKey"
    ],
    ["a collection twice", put("c", collection, collection), "out of order"],
    ["collections out of order", put("c", collection.with(3, "zz")), "out of order"],
    ["a collection with no name", put("c", collection.with(3, "")), "InvalidCommand"],
    [
      "a collection that expires by no field",
      put("c", collection.with(4, { expires: "" })),
      "InvalidCommand"
    ],
    [
      "a collection with a limit below 0",
      put("c", collection.with(4, { bytesMax: -1 })),
      "bytesMax"
    ],
    ["a collection without indexes", put("c", collection.toSpliced(5, 1)), "Missing key"],
    [
      "a collection changed before it was made",
      put("c", collection.with(1, 9).with(2, 8)),
      "later entry"
    ],
    ["a collection of a later entry", put("c", collection.with(2, small.index + 1)), "later entry"],
    ["an index on no path", withIndex({ keys: [] }), "InvalidCommand"],
    ["an index on a path that is not right", withIndex({ keys: ["a..b"] }), "InvalidCommand"],
    ["an index with the system's name", withIndex({ name: "_expires" }), "InvalidCommand"],
    ["an index that does not say whether it is unique", withIndex({ unique: null }), "unique"],
    ["a result outside of a session", [result, ...contents], "outside of a session"],
    ["results out of order", put("r", result.with(1, 99)), "out of order"],
    ["a result of no kind", put("r", result.with(4, { _tag: "Lost" })), "[4]"],
    ["a result of a later entry", put("r", result.with(2, small.index + 1)), "later entry"],
    ["a session twice", put("s", session, session), "out of order"],
    ["a session that nobody owns", put("s", session.with(2, null)), "[2]"],
    ["one-shot commands out of order", [...contents, key], "out of order"],
    [
      "a one-shot command of a later entry",
      [...contents, key.with(2, small.index + 1)],
      "later entry"
    ],
    [
      "a one-shot command twice",
      [...contents, key.with(2, small.index)],
      "the same one-shot command"
    ],
    ["a one-shot command without a name", put("k", key.with(1, null)), "[1]"],
    ["a document that is gone", put("d"), "counts"],
    [
      "a session that is gone",
      contents.filter(([kind], place) => kind !== "s" || place === at("s")),
      "counts"
    ],
    ["another document", put("d", document.with(2, { _id: "u0" })), "digest"],
    ["another revision", put("d", document.with(1, 3)), "digest"],
    ["another time of a result", put("r", result.with(3, 0)), "digest"],
    ["another fingerprint", put("k", key.with(4, 0)), "digest"],
    ["an index that is gone", contents.with(users, contents[users]!.with(5, [])), "digest"],
    [
      "an option that is gone",
      contents.with(users, contents[users]!.with(4, { expires: "until" })),
      "digest"
    ]
  ]
  for (const [what, records, issue] of forgeries)
    it(`[ST19] ${what} is refused`, () => {
      const found = decode(forge({ records }))
      assert.include(found._tag === "SnapshotRefused" ? found.issue : "a state", issue)
    })

  it("[ST19] a header or footer that is not right is refused", () => {
    const good = Records.header(header, small)
    const start = good[2] as Fields
    const noStart = "what is not the start of a snapshot"
    const headers: ReadonlyArray<readonly [ReadonlyArray<Record>, string]> = [
      [[], noStart],
      [[[]], noStart],
      [[["end"]], noStart],
      [[good, ["x"]], noStart],
      [[good.with(0, "backup")], noStart],
      [[good.with(1, 2)], "a snapshot of format 2; this release reads 1"],
      [
        [good.with(2, { ...start, language: 2 })],
        "a snapshot of language 2; this release knows up to 1"
      ],
      [[good.with(2, { ...start, index: -1 })], noStart],
      [[good.with(2, { ...start, index: 1.5 })], noStart],
      [[good.with(2, { ...start, time: null })], noStart],
      [[good.with(2, { ...start, time: small.time + 1 })], "the digest of the state differs"],
      [[good.with(2, { ...start, members: "n1" })], noStart],
      [[good.with(2, { ...start, term: "7" })], noStart]
    ]
    for (const [header, issue] of headers) {
      const found = decode(forge({ header }))
      assert.strictEqual(found._tag === "SnapshotRefused" ? found.issue : "a state", issue)
    }
    for (const name of ["collections", "documents", "sessions", "keys", "digest", "sha256"])
      for (const value of [null, 77, "", new Uint8Array(32)])
        assert.strictEqual(
          decode(forge({ footer: (footer) => ({ ...footer, [name]: value }) }))._tag,
          "SnapshotRefused"
        )
  })

  it("[ST19] the SHA-256 finds what the checksums of chunks and the digest do not", () => {
    const [, ...rest] = [...Snapshot.encode(small, header)]
    const [other] = [...Snapshot.encode(small, { ...header, cluster: "c2" })]
    const refused = decode(other!, ...rest)
    assert.strictEqual(refused._tag === "SnapshotRefused" && refused.issue, "the SHA-256 differs")
  })
})

describe("hostile bytes", () => {
  it("[ST19] a length beyond all chunks is refused before anything is set aside for it", () => {
    for (const length of [chunkMaxBytes + 1, 2 ** 31, 2 ** 32 - 1, 0]) {
      const head = new Uint8Array(8)
      new DataView(head.buffer).setUint32(4, length)
      const decoder = Snapshot.makeDecoder()
      assert.strictEqual(decoder.push(head)?.issue, `a chunk that says it has ${length} bytes`)
    }
  })

  it("[ST19] content that is no list of records is refused", () => {
    const [first] = [...Snapshot.encode(small, header)]
    for (const content of [Packed.encode({}), Packed.encode(null), new Uint8Array(3), deepText])
      for (const pieces of [[chunk(content)], [first!, chunk(content)]])
        assert.strictEqual(decode(...pieces)._tag, "SnapshotRefused")
  })

  it("[ST19] nothing throws, and only a snapshot gives a state", () => {
    const any = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as Value)
    const contents = Array.from(Records.contents(small), ({ record }) => record)
    const records = fc.array(
      fc.oneof(
        any,
        fc
          .record({ record: fc.constantFrom(...contents), at: fc.nat({ max: 5 }), value: any })
          .map(({ at, record, value }) => record.with(at % record.length, value))
      )
    )
    fc.assert(
      fc.property(records, fc.boolean(), (forged, alone) => {
        const all = alone ? forged : [...contents, ...forged]
        const loaded = decode(forge({ records: all as ReadonlyArray<Record> }))
        if (loaded._tag === "State") assert.deepStrictEqual(bytesOf(loaded.state), bytesOf(small))
      }),
      runs
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, whole) => {
        const pieces = whole && bytes.length > 0 ? [chunk(bytes)] : [bytes]
        assert.strictEqual(decode(...pieces)._tag, "SnapshotRefused")
      }),
      runs
    )
  })
})

const deep = (levels: number): Value => (levels === 0 ? 1 : [deep(levels - 1)])

/** Packed: a million levels. */
const deepText = Uint8Array.from([0, 15, 66, 64, ...Array.from({ length: 1e6 }, () => 0x5b)])

interface Forgery {
  readonly header?: ReadonlyArray<Record>
  readonly records?: ReadonlyArray<Record>
  readonly footer?: (footer: Fields) => Fields
}

/** A snapshot of `small` but for what is forged, with checksums that are right. */
function forge({ footer = (same) => same, header: forged, records }: Forgery): Uint8Array {
  const start = Packed.encode(forged ?? [Records.header(header, small)])
  const content = Packed.encode(
    records ?? Array.from(Records.contents(small), ({ record }) => record)
  )
  const sum = sha256.create().update(start).update(content).digest()
  const [tag, end] = Records.footer(small, sum)
  const parts = [start, content, Packed.encode([[tag!, footer(end as Fields)]])].map(chunk)
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
