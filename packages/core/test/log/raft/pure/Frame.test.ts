import { assert, it } from "@effect/vitest"
import type { Entry } from "@distri/raft/Entry"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { Message } from "@distri/raft/Message"
import * as fc from "fast-check"
import * as Frame from "../../../../src/log/raft/pure/Frame.ts"

it("[LM13] what is put into frames comes out of them, in order", () => {
  fc.assert(
    fc.property(anyLog, anyMessages, fc.integer({ min: 1, max: 5000 }), (log, messages, max) => {
      const frames = Frame.encode(log, messages, max)
      const decoded = frames.map(decodeWhole)
      assert.deepStrictEqual(
        decoded.flatMap((frame) => frame.messages),
        messages
      )
      for (const [at, { log: found, messages: some }] of decoded.entries()) {
        assert.strictEqual(found, log)
        // One that is too long alone goes alone.
        assert.isTrue(frames[at]!.length <= max || some.length === 1)
      }
    })
  )
})

it("a frame is as full as it may be", () => {
  const frames = Frame.encode("log", [vote("a"), vote("b"), vote("c")], 1_000_000)
  assert.strictEqual(frames.length, 1)
  const two = frames[0]!.length - 1
  assert.deepStrictEqual(
    Frame.encode("log", [vote("a"), vote("b"), vote("c")], two).map(
      (frame) => decodeWhole(frame).messages.length
    ),
    [2, 1]
  )
})

it("nothing to say is no frame", () => {
  assert.deepStrictEqual(Frame.encode("log", [], 1000), [])
})

it("[LM13] bytes that are no frame are answered with what is wrong", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const frame = Frame.decode(bytes)
      assert.isTrue("issue" in frame || Array.isArray(frame.messages))
    }),
    { numRuns: 5000 }
  )
})

it("[LM13] a frame that was cut short is none", () => {
  const [frame] = Frame.encode("log", [vote("a")], 1000)
  // Without a message it is whole, and says nothing.
  assert.deepStrictEqual(Frame.decode(frame!.subarray(0, 4)), { log: "log", messages: [] })
  for (let length = 0; length < frame!.length; length += 1)
    if (length !== 4)
      assert.property(Frame.decode(frame!.subarray(0, length)), "issue", `${length}`)
})

it("[LM13] a frame that was damaged says so, or says something else, and never throws", () => {
  fc.assert(
    fc.property(anyMessages, fc.nat(), fc.integer({ min: 1, max: 255 }), (messages, at, flip) => {
      const [frame] = Frame.encode("log", messages, 1_000_000)
      if (frame === undefined) return
      frame[at % frame.length]! ^= flip
      Frame.decode(frame)
    }),
    { numRuns: 2000 }
  )
})

const decodeWhole = (bytes: Uint8Array): Frame.Frame => {
  const frame = Frame.decode(bytes)
  if ("issue" in frame) throw new Error(frame.issue)
  return frame
}

const anyLog = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(..."0123abc-") })

const vote = (from: string): Message => ({
  _tag: "Vote",
  from,
  to: "b/1",
  term: 1,
  lastIndex: 1,
  lastTerm: 1,
  commit: 1,
  commitTerm: 1,
  transfer: false
})

const envelope = {
  from: fc.constantFrom("a/1", "127.0.0.1:7400/0123456789abcdef"),
  to: fc.constantFrom("b/1", "c/2"),
  term: fc.nat()
}

const anyEntries = fc
  .array(fc.uint8Array({ maxLength: 400 }), { maxLength: 4 })
  .map((all) =>
    all.map((data, at): Entry => ({ term: 1, index: 5 + at, kind: "command", time: 7, data }))
  )

const anyMessages: fc.Arbitrary<ReadonlyArray<Message>> = fc.array(
  fc.oneof(
    fc.record({
      ...envelope,
      _tag: fc.constant("Heartbeat" as const),
      commit: fc.nat(),
      read: fc.nat()
    }),
    fc.record({ ...envelope, _tag: fc.constant("HeartbeatResp" as const), read: fc.nat() }),
    fc.record({ ...envelope, _tag: fc.constant("TimeoutNow" as const) }),
    fc.record({ ...envelope, _tag: fc.constant("ReadIndex" as const), token: fc.nat() }),
    fc.record({
      ...envelope,
      _tag: fc.constant("App" as const),
      prevIndex: fc.constant(4),
      prevTerm: fc.constant(1),
      entries: anyEntries,
      commit: fc.nat()
    }),
    fc.record({
      ...envelope,
      _tag: fc.constant("Snap" as const),
      snapshot: fc.record({
        index: fc.nat(),
        term: fc.nat(),
        time: fc.nat(),
        configuration: fc.constant(withVoters(["a/1", "b/1"])),
        reference: fc.string({ maxLength: 20, unit: fc.constantFrom(..."abc-019") }),
        bytes: fc.nat(),
        digest: fc.constant("00ff")
      })
    })
  ),
  { maxLength: 8 }
)
