import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Command } from "../../src/command/Command.ts"
import * as CommandCodec from "../../src/command/CommandCodec.ts"
import { date } from "../../src/value/Compare.ts"
import { normalizeValue } from "../../src/value/Normal.ts"
import * as Packed from "../../src/value/Packed.ts"
import type { Value } from "../../src/value/Value.ts"
import { nested, runs } from "../value/values.ts"
import { command } from "./commands.ts"

/** Of whatever stands in the place of a command. */
const bytesOf = (raw: unknown) => new Uint8Array([1, ...Packed.encode(raw as Value)])
const issueOf = (data: Uint8Array) => {
  const decoded = CommandCodec.decode(data)
  return decoded._tag === "Unsupported" ? decoded.issue : decoded.command
}

const system = { _tag: "System" }
const asSystem = (operation: unknown) => ({ language: 1, sender: system, operation })
const remove = { _tag: "DeleteCollection", collection: "c" }

describe("a command in the log", () => {
  it("[ST6] comes back as it was", () => {
    fc.assert(
      fc.property(command, (some) => {
        const decoded = CommandCodec.decode(CommandCodec.encode(some))
        assert.deepStrictEqual(decoded as unknown, {
          _tag: "Known",
          command: normalizeValue(some as unknown as Value)
        })
      }),
      runs(1000)
    )
  })

  it("[ST6] may hold a document of 100 levels, in a batch too", () => {
    const document = { a: nested(99) } as never
    const add = { _tag: "AddDocument", collection: "c", document } as const
    const some = asSystem({ _tag: "Batch", operations: [add] }) as Command
    const decoded = CommandCodec.decode(CommandCodec.encode(some))
    assert.deepStrictEqual(decoded as unknown, { _tag: "Known", command: some })
  })

  it("[ST1] has the same bytes in every release", () => {
    const some: Command = {
      language: 1,
      sender: { _tag: "Session", session: "s", seq: 2, ack: 1 },
      operation: {
        _tag: "AddDocument",
        collection: "c",
        document: { at: date(5), image: new Uint8Array([254, 255]) }
      }
    }
    const data = CommandCodec.encode(some)
    const text =
      '{"language":1,"sender":{"_tag":"Session","session":"s","seq":2,"ack":1},' +
      '"operation":{"_tag":"AddDocument","collection":"c",' +
      '"document":{"at":{"$date":5},"image":{"$bytes":[0,2]}}}}'
    assert.deepStrictEqual([...data.subarray(0, 5)], [1, 0, 0, 0, text.length])
    assert.strictEqual(Buffer.from(data.subarray(5, -2)).toString(), text)
    assert.deepStrictEqual([...data.subarray(-2)], [254, 255])
  })
})

describe("what is not known", () => {
  const huge = "x".repeat(100)
  const cases: ReadonlyArray<readonly [string, unknown, string]> = [
    [
      "a later language",
      { ...asSystem(remove), language: 2 },
      "it needs language 2; this release knows 1 to 1"
    ],
    [
      "a later language, with what else it brings",
      { language: 7, op: {} },
      "it needs language 7; this release knows 1 to 1"
    ],
    [
      "a language before the first",
      { ...asSystem(remove), language: 0 },
      "it needs language 0; this release knows 1 to 1"
    ],
    [
      "a switch to a later language",
      asSystem({ _tag: "SetLanguage", language: 2 }),
      "it needs language 2; this release knows 1 to 1"
    ],
    [
      "an operation",
      asSystem({ _tag: "Explode" }),
      'operation: this release does not know "Explode"'
    ],
    [
      "an operation with an inherited name",
      asSystem({ _tag: "toString" }),
      'operation: this release does not know "toString"'
    ],
    [
      "an operation with a long name",
      asSystem({ _tag: huge }),
      `operation: this release does not know "${huge.slice(0, 64)}…"`
    ],
    [
      "an operation in a batch",
      asSystem({ _tag: "Batch", operations: [remove, { _tag: "Explode" }] }),
      'operation.operations[1]: this release does not know "Explode"'
    ],
    [
      "a sender",
      { ...asSystem(remove), sender: { _tag: "Nobody" } },
      'sender: this release does not know "Nobody"'
    ],
    [
      "a field of an operation",
      asSystem({ ...remove, cascade: true }),
      "operation.cascade: Expected no excess property"
    ],
    [
      "a field of a sender",
      { ...asSystem(remove), sender: { _tag: "System", node: 1 } },
      "sender.node: Expected no excess property"
    ],
    [
      "a field of a command",
      { ...asSystem(remove), trace: 1 },
      "trace: Expected no excess property"
    ],
    [
      "a field of an index in a batch",
      asSystem({
        _tag: "Batch",
        operations: [
          {
            _tag: "CreateCollection",
            collection: "c",
            indexes: [{ name: "i", keys: [], sparse: true }]
          }
        ]
      }),
      "operation.operations[0].indexes[0].sparse: Expected no excess property"
    ]
  ]
  it.each(cases)("[ST13] %s is unsupported", (_, raw, issue) => {
    assert.strictEqual(issueOf(bytesOf(raw)), issue)
  })

  const malformed: ReadonlyArray<readonly [string, unknown, string]> = [
    [
      "a number for a name",
      asSystem({ ...remove, collection: 5 }),
      "operation.collection: Expected string"
    ],
    [
      "a missing field",
      asSystem({ _tag: "DeleteCollection" }),
      "operation.collection: Missing key"
    ],
    [
      "an array for a document",
      asSystem({ _tag: "AddDocument", collection: "c", document: [] }),
      "operation.document: Expected an object"
    ],
    [
      "a date for a document",
      asSystem({ _tag: "AddDocument", collection: "c", document: date(0) }),
      "operation.document: Expected an object"
    ],
    [
      "a batch in a batch",
      asSystem({ _tag: "Batch", operations: [{ _tag: "Batch", operations: [] }] }),
      ""
    ],
    [
      "a negative limit",
      asSystem({ _tag: "DeleteDocuments", collection: "c", filter: {}, limit: -1 }),
      ""
    ],
    [
      "a null for an absent field",
      asSystem({ _tag: "DeleteDocument", collection: "c", id: "i", ifRev: null }),
      ""
    ],
    ["no operation", { language: 1, sender: system }, "operation: Missing key"],
    ["no command", null, ""],
    ["a list", [1], ""],
    ["bytes", new Uint8Array([1]), ""]
  ]
  it.each(malformed)("[ST13] %s is unsupported", (_, raw, issue) => {
    const found = issueOf(bytesOf(raw))
    if (typeof found !== "string") assert.fail("it was decoded")
    if (issue !== "") assert.strictEqual(found, issue)
  })

  it("[ST13] another format is unsupported", () => {
    const data = bytesOf(asSystem(remove))
    assert.strictEqual(CommandCodec.decode(data)._tag, "Known")
    for (const format of [0, 2, 255]) {
      data[0] = format
      assert.strictEqual(issueOf(data), "it is in a format that this release does not know")
    }
    assert.strictEqual(
      issueOf(new Uint8Array()),
      "it is in a format that this release does not know"
    )
  })

  it("[ST13] what is wrong inside is named by its place", () => {
    const document: unknown = JSON.parse('{"a":[{"__proto__":1}]}')
    const text = JSON.stringify(asSystem({ _tag: "AddDocument", collection: "c", document }))
    const length = [0, 0, text.length >> 8, text.length & 255]
    const data = new Uint8Array([1, ...length, ...Buffer.from(text)])
    assert.strictEqual(issueOf(data), "operation.document.a[0].__proto__: a field named __proto__")
  })

  it("[ST13] cut anywhere, a command is unsupported", () => {
    fc.assert(
      fc.property(command, (some) => {
        const data = CommandCodec.encode(some)
        for (let length = 0; length < data.length; length += 1)
          assert.strictEqual(CommandCodec.decode(data.subarray(0, length))._tag, "Unsupported")
      }),
      runs(30)
    )
  })

  it("[ST13] with any byte changed, it is a command or unsupported", () => {
    fc.assert(
      fc.property(command, fc.nat(), fc.nat({ max: 255 }), (some, at, to) => {
        const data = CommandCodec.encode(some)
        data[at % data.length] = to
        const decoded = CommandCodec.decode(data)
        if (decoded._tag === "Known") CommandCodec.encode(decoded.command)
        else assert.isAtMost(decoded.issue.length, 1000)
      }),
      runs(1000)
    )
  })
})
