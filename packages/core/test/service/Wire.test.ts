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
      fc.property(someBytes(2000), fc.integer({ min: 1, max: 500 }), (body, part) => {
        const assembly = new Body.Assembly(body.length)
        let whole: Uint8Array | undefined
        for (let at = 0; at < body.length; at += part) {
          const added = assembly.add(body.subarray(at, at + part))
          assert.notStrictEqual(added, "TooMuch")
          if (added !== "Incomplete") whole = added as Uint8Array
        }
        if (body.length > 0) assert.deepStrictEqual(whole, body)
        assert.strictEqual(assembly.add(Uint8Array.of(1)), "TooMuch")
      })
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
