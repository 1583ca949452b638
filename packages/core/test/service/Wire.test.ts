import { assert, describe, it } from "@effect/vitest"
import * as Bytes from "effect/Bytes"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import * as Body from "../../src/service/Body.ts"
import * as Wire from "../../src/service/Wire.ts"

const read = (head: Uint8Array, body: Uint8Array = new Uint8Array()) =>
  Result.getOrThrow(Wire.decode(Bytes.concat([head, body])))

/** As the wire keeps it: text becomes UTF-8, which has no lone surrogates. */
const kept = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "string" ? new TextDecoder().decode(new TextEncoder().encode(part)) : part
    )
  )

const someId = fc.nat(0xffffffff)
/** Of a body that travels in up to four parts. */
const someSize = fc.oneof(
  fc.integer({ min: 1, max: 3 * Body.chunkBytes + 1 }),
  fc.constantFrom(1, Body.chunkBytes, Body.chunkBytes + 1, 2 * Body.chunkBytes)
)
const someBytes = (maxLength: number) => fc.uint8Array({ maxLength })

describe("Wire", () => {
  it.prop(
    "[WI1] a request reads back as it was written",
    { head: Wire.RequestHead },
    ({ head }) => {
      const id = head.size >>> 0
      const body = new TextEncoder().encode(head.service)
      const frame = Wire.encodeRequest(id, head)
      assert.deepStrictEqual(kept(read(frame, body)), kept({ _tag: "Request", id, head, body }))
    }
  )

  it.prop("[WI1] a reply reads back as it was written", { head: Wire.ReplyHead }, ({ head }) => {
    const body = Uint8Array.of(1, 2, 3)
    const message = read(Wire.encodeReply(7, head), body)
    assert.strictEqual(message._tag, "Reply")
    if (message._tag !== "Reply") return
    assert.deepStrictEqual(kept(message.head), kept(head))
    assert.deepStrictEqual(message.body, body)
  })

  it.prop("[WI1] a load reads back as it was written", { head: Wire.LoadHead }, ({ head }) => {
    assert.deepStrictEqual(
      kept(read(Wire.encodeLoad(9, head))),
      kept({ _tag: "Load", id: 9, head })
    )
  })

  it.prop("[WI1] a report reads back as it was written", { info: UpdateInfo }, ({ info }) => {
    const { body, head } = Wire.encodeNode(info, 1234.4)
    assert.deepStrictEqual(kept(read(head, body)), kept({ _tag: "Node", info, ageMs: 1234 }))
  })

  it("[WI1] the frames without a head read back as they were written", () => {
    fc.assert(
      fc.property(someId, someBytes(100), fc.string(), (id, body, service) => {
        assert.deepStrictEqual(read(Wire.encodeProceed(id)), { _tag: "Proceed", id })
        assert.deepStrictEqual(read(Wire.encodeInterrupt(id)), { _tag: "Interrupt", id })
        assert.deepStrictEqual(read(Wire.encodeProbe(id, service)), { _tag: "Probe", id, service })
        assert.deepStrictEqual(read(Wire.encodeChunk(id), body), { _tag: "Chunk", id, body })
      })
    )
  })

  it("[WI2] any bytes give a message or MalformedFrame, never a defect", () => {
    fc.assert(
      fc.property(someBytes(200), fc.nat(9), (bytes, kind) => {
        if (bytes.length > 0) bytes[0] = kind
        const decoded = Wire.decode(bytes)
        if (Result.isFailure(decoded)) assert.strictEqual(decoded.failure._tag, "MalformedFrame")
      }),
      { numRuns: 2000 }
    )
  })

  it("[WI2] a request whose bytes are cut or flipped anywhere never decodes to a defect", () => {
    const head = Wire.encodeRequest(1, {
      service: "Encrypt",
      mode: "bytes",
      params: ["a", "b"],
      size: 5,
      remainingMs: 1000,
      idempotencyKey: "k",
      log: "",
      seen: 3
    })
    for (let at = 0; at < head.length; at++) {
      Wire.decode(head.subarray(0, at))
      for (let bit = 0; bit < 8; bit++) {
        const flipped = head.slice()
        flipped[at] = flipped[at]! ^ (1 << bit)
        Wire.decode(flipped)
      }
    }
  })

  it("[WI3] a body in parts becomes whole again, and never more than was announced", () => {
    fc.assert(
      fc.property(someSize, (size) => {
        const body = Uint8Array.from({ length: size }, (_, at) => at % 251)
        const assembly = new Body.Assembly(size)
        const added = Body.chunks(body, 0).map((part) => assembly.add(part))
        const whole = added.pop()
        assert.isTrue(added.every((part) => part === "Incomplete"))
        assert.isTrue(Bytes.Equivalence(whole as Uint8Array, body))
        assert.strictEqual(assembly.add(Uint8Array.of(1)), "WrongSize")
      }),
      { numRuns: 20 }
    )
  })

  it("[WI3] a part that no sender cuts is refused, and nothing of it is held", () => {
    fc.assert(
      fc.property(someSize, fc.nat(), fc.nat(), (size, some, other) => {
        const body = new Uint8Array(size)
        const parts = Body.chunks(body, 0)
        const at = some % parts.length
        const assembly = new Body.Assembly(size)
        for (const part of parts.slice(0, at)) assembly.add(part)
        const right = parts[at]!.length
        const wrong = other % (2 * Body.chunkBytes)
        for (const length of [0, 1, right - 1, right + 1, wrong].filter((n) => n !== right))
          assert.strictEqual(assembly.add(new Uint8Array(length)), "WrongSize")
        for (const part of parts.slice(at, -1)) assert.strictEqual(assembly.add(part), "Incomplete")
        assert.deepStrictEqual(assembly.add(parts.at(-1)!), body)
      }),
      { numRuns: 50 }
    )
  })

  it("a body travels in parts of 256 KiB", () => {
    const body = new Uint8Array(Body.chunkBytes * 2 + 1)
    assert.deepStrictEqual(
      Body.chunks(body, 0).map(({ length }) => length),
      [Body.chunkBytes, Body.chunkBytes, 1]
    )
  })
})
