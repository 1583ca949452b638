import { assert, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Framing from "../../../src/transport/pure/Framing.ts"

const limitBytes = 1000
const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const Cuts = Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })))
const Frames = Schema.Array(Schema.Struct({ head: Schema.NonEmptyArray(Bytes.value), body: Bytes }))

it.prop(
  "[TR1] however the stream is cut, the frames that come out are those that went in",
  [Frames, Cuts],
  ([parts, cuts]) => {
    const sent = parts.map(({ head, body }) => ({
      head: Uint8Array.from(head),
      body: Uint8Array.from(body)
    }))
    const stream = joined(Framing.encode(sent))
    const { frames, insideFrame } = decodeAll(cut(stream, cuts))
    assert.deepStrictEqual(
      frames,
      sent.map(({ head, body }) => joined([head, body]))
    )
    assert.isFalse(insideFrame)
    assert.strictEqual(
      stream.length,
      sent.reduce((bytes, frame) => bytes + Framing.encodedBytes(frame), 0)
    )
  }
)

it.prop(
  "[TR3] any bytes at all give frames within the limit, the same for every way to cut them",
  [Bytes, Cuts],
  ([bytes, cuts]) => {
    const stream = Uint8Array.from(bytes)
    const cutUp = decodeAll(cut(stream, cuts), 3)
    assert.deepStrictEqual(cutUp, decodeAll([stream], 3))
    for (const frame of cutUp.frames) assert.isTrue(frame.length >= 1 && frame.length <= 3)
  }
)

it.prop(
  "[TR3] a length outside the limit is refused when its fourth byte comes, after the frames before it",
  [Schema.Int.check(Schema.isBetween({ minimum: limitBytes + 1, maximum: 0xffff_ffff })), Cuts],
  ([length, cuts]) => {
    for (const refused of [length, 0]) {
      const prefix = new Uint8Array(4)
      new DataView(prefix.buffer).setUint32(0, refused)
      const stream = Uint8Array.from([0, 0, 0, 1, 7, ...prefix])
      const { frames, violation } = decodeAll(cut(stream, cuts))
      assert.deepStrictEqual(frames, [Uint8Array.of(7)])
      assert.strictEqual(violation, refused)
    }
  }
)

it("[TR3] the longest frame is taken, and one byte more is not", () => {
  const longest = { head: new Uint8Array(limitBytes), body: new Uint8Array(0) }
  assert.strictEqual(decodeAll(Framing.encode([longest])).frames.length, 1)
  const longer = { head: new Uint8Array(limitBytes), body: new Uint8Array(1) }
  assert.strictEqual(decodeAll(Framing.encode([longer])).violation, limitBytes + 1)
})

it("[TR3] holds at most eight times what has arrived of a frame", () => {
  const longest = 1024 * 1024
  const decoder = Framing.makeDecoder(longest)
  decoder.push(Uint8Array.of(0, 16, 0, 0))
  for (let arrived = 1000; arrived < longest; arrived += 1000) {
    decoder.push(new Uint8Array(1000))
    assert.isAtMost(decoder.heldBytes(), 8 * arrived)
  }
})

it("[TR13] small parts travel in one piece, large ones are not copied", () => {
  const small = { head: Uint8Array.of(1), body: Uint8Array.of(2) }
  const large = { head: Uint8Array.of(3), body: new Uint8Array(100_000) }
  assert.strictEqual(Framing.encode(Array.from({ length: 100 }, () => small)).length, 1)
  const pieces = Framing.encode([small, large, small, small])
  assert.deepStrictEqual(
    pieces.map((piece) => piece.length),
    [11, 100_000, 12]
  )
  assert.strictEqual(pieces[1], large.body)
})

it("gives plain byte arrays, whose slice is a copy, also from a Node.js buffer", () => {
  const [frame] = decodeAll([Buffer.from([0, 0, 0, 2, 1, 2])]).frames
  assert.strictEqual(frame!.constructor, Uint8Array)
})

const joined = (pieces: ReadonlyArray<Uint8Array>) =>
  Uint8Array.from(pieces.flatMap((it) => [...it]))

/** Cuts `bytes` into pieces of the given lengths, again and again. */
const cut = (bytes: Uint8Array, lengths: ReadonlyArray<number>) => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0, nth = 0; at < bytes.length; nth++) {
    const length = lengths[nth % lengths.length]!
    pieces.push(bytes.slice(at, at + length))
    at += length
  }
  return pieces
}

const decodeAll = (pieces: ReadonlyArray<Uint8Array>, maxBytes = limitBytes) => {
  const decoder = Framing.makeDecoder(maxBytes)
  const frames: Array<Uint8Array> = []
  for (const piece of pieces) {
    const decoded = decoder.push(piece)
    frames.push(...decoded.frames)
    if (decoded.violation !== undefined) return { frames, violation: decoded.violation }
  }
  return { frames, insideFrame: decoder.insideFrame() }
}
