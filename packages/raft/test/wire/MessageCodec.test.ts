import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Entry } from "../../src/Entry.ts"
import { InvariantViolation } from "../../src/invariant.ts"
import type { App, Message } from "../../src/Message.ts"
import { defaults } from "../../src/RaftConfig.ts"
import { decodeMessage, encodeMessage } from "../../src/wire/MessageCodec.ts"
import { anyMessage, damaged, messages, runs } from "./arbitrary.ts"

const entry = (index: number, data: Uint8Array, more?: Partial<Entry>): Entry => ({
  term: 3,
  index,
  kind: "command",
  time: 1000,
  data,
  ...more
})

const app = (entries: ReadonlyArray<Entry>): App => ({
  _tag: "App",
  from: "a/1",
  to: "b/1",
  term: 3,
  prevIndex: 9,
  prevTerm: 2,
  entries,
  commit: 8
})

const snap = (voters: ReadonlyArray<string>): Message => ({
  _tag: "Snap",
  from: "a",
  to: "b",
  term: 1,
  snapshot: {
    index: 1,
    term: 1,
    time: 1,
    configuration: {
      voters,
      votersOutgoing: [],
      learners: [],
      learnersNext: [],
      autoLeave: false
    },
    reference: "",
    bytes: 0,
    digest: ""
  }
})

const refused = (bytes: Uint8Array, problem: string) => {
  assert.deepStrictEqual(decodeMessage(bytes), { _tag: "Malformed", problem })
}

describe("MessageCodec", () => {
  it.each(Object.keys(messages) as Array<Message["_tag"]>)("gives back every %s", (tag) => {
    fc.assert(
      fc.property(messages[tag], (message) => {
        assert.deepStrictEqual(decodeMessage(encodeMessage(message)), message)
      }),
      runs(100)
    )
  })

  it("takes any bytes for a message only if the message is written with these bytes", () => {
    const almost = damaged(anyMessage.map(encodeMessage))
    const likely = fc
      .tuple(fc.nat({ max: 13 }), fc.uint8Array({ maxLength: 40, max: 5 }))
      .map(([tag, rest]) => Uint8Array.of(1, tag, ...rest))
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(almost, likely, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const message = decodeMessage(bytes)
        if (message._tag === "Malformed") return
        accepted++
        assert.deepStrictEqual(encodeMessage(message), bytes)
      }),
      runs(10_000)
    )
    assert.isAbove(accepted, 100)
  })

  it("refuses every message that is cut or prolonged", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodeMessage(message)
        for (let end = 0; end < bytes.length; end++) {
          assert.propertyVal(decodeMessage(bytes.subarray(0, end)), "_tag", "Malformed")
        }
        refused(Uint8Array.of(...bytes, 0), "goes on after its end")
      }),
      runs(100)
    )
  })

  it("writes the same bytes as the first version", () => {
    const data = Uint8Array.of(5, 6)
    const bytes = encodeMessage(app([entry(10, data), entry(11, data, { time: 1002 })]))
    const head = [1, 0, 3, 97, 47, 49, 3, 98, 47, 49, 3, 9, 2, 8, 2]
    assert.deepStrictEqual(
      [...bytes],
      [...head, 0, 1, 0xe8, 7, 2, 5, 6, /* the second */ 0, 0, 2, 2, 5, 6]
    )
  })

  it("refuses another version, an unknown kind, a flag that is neither", () => {
    const accepted = { from: "", to: "", term: 1, index: 1, hint: undefined }
    const bytes = encodeMessage({ _tag: "AppResp", ...accepted })
    const changed = (at: number, value: number) => {
      const copy = bytes.slice()
      copy[at] = value
      return copy
    }
    refused(changed(0, 2), "unknown version")
    refused(changed(1, 13), "unknown choice")
    refused(changed(bytes.length - 1, 2), "unknown choice")
  })

  it("refuses entries beyond the last index, of a term above all, and too long ones", () => {
    const max = Number.MAX_SAFE_INTEGER
    const one = { ...app([entry(max, new Uint8Array())]), prevIndex: max - 1 }
    assert.deepStrictEqual(decodeMessage(encodeMessage(one)), one)
    // The entry once more: its count is 9 bytes before the end, in front of kind, term, time (2), length.
    const bytes = encodeMessage(one)
    const twice = Uint8Array.of(...bytes, 0, 0, 0, 0)
    twice[bytes.length - 6] = 2
    refused(twice, "number is above 2^53 - 1")

    const high = encodeMessage({ ...app([entry(10, new Uint8Array(), { term: max })]) })
    const above = high.slice()
    // The growth of the term ends with 15 in its eighth byte: the term before it is one higher now.
    const prevTerm = above.indexOf(9, 8) + 1
    assert.strictEqual(above[prevTerm], 2)
    above[prevTerm] = 3
    refused(above, "number is above 2^53 - 1")

    const long = app([entry(10, new Uint8Array(defaults.entryMaxBytes))])
    assert.deepStrictEqual(decodeMessage(encodeMessage(long)), long)
    refused(
      encodeMessage(app([entry(10, new Uint8Array(defaults.entryMaxBytes + 1))])),
      "entry is too long"
    )
  })

  it("refuses lists of ids that are not in order or hold one twice", () => {
    refused(encodeMessage(snap(["b", "a"])), "ids are not in order")
    refused(encodeMessage(snap(["a", "a"])), "ids are not in order")
    // By code unit: the pair of halves sorts before the character U+FFFF.
    assert.deepStrictEqual(
      decodeMessage(encodeMessage(snap(["😀", "\uffff"]))),
      snap(["😀", "\uffff"])
    )
  })

  it("never writes entries with a gap or with falling terms", () => {
    const none = new Uint8Array()
    for (const entries of [
      [entry(11, none)],
      [entry(10, none), entry(12, none)],
      [entry(10, none), entry(11, none, { term: 2 })]
    ]) {
      assert.throws(() => encodeMessage(app(entries)), InvariantViolation)
    }
  })

  it("copies the data of entries once: the buffer it came in may be used again", () => {
    const message = app([entry(10, Uint8Array.of(1, 2, 3)), entry(11, Uint8Array.of(4))])
    const buffer = new Uint8Array(1000)
    const bytes = encodeMessage(message)
    buffer.set(bytes, 500)
    const decoded = decodeMessage(buffer.subarray(500, 500 + bytes.length)) as App
    buffer.fill(0)
    assert.deepStrictEqual(decoded, message)
    const [first, second] = decoded.entries
    assert.strictEqual(first!.data.buffer, second!.data.buffer)
    assert.strictEqual(first!.data.buffer.byteLength, bytes.length)
  })
})
