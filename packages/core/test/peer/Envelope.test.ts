import { assert, describe, it } from "@effect/vitest"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { crc32 as platformCrc32 } from "node:zlib"
import * as Envelope from "../../src/peer/Envelope.ts"
import { crc32 } from "../../src/peer/pure/crc32.ts"
import * as EnvelopeHeader from "../../src/peer/pure/EnvelopeHeader.ts"

const Crypto = Aead.layerWebCrypto.pipe(Layer.provideMerge(SecureRandom.layerWebCrypto))

const bytes = (size: number, seed = 1) =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 0xff)

const flipped = (source: Uint8Array, bit: number) => {
  const copy = source.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

/** `header` with some bytes replaced and its checksum made right again. */
const forged = (header: Uint8Array, at: number, ...values: ReadonlyArray<number>) => {
  const copy = header.slice()
  copy.set(values, at)
  new DataView(copy.buffer).setUint32(28, crc32(copy.subarray(0, 28)))
  return copy
}

const tagOf = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  Effect.match(self, { onSuccess: () => "Opened", onFailure: (error) => error._tag })

describe("sealing", () => {
  it.effect("[IM1] opens to what was sealed, from 1 byte to 16 MiB", () =>
    Effect.gen(function* () {
      for (const size of [1, 2, 15, 16, 17, 1000, 65_536, Envelope.contentMaxBytes]) {
        const content = bytes(size)
        const sealed = yield* Envelope.seal(content)
        const opened = yield* Envelope.open(Envelope.toBytes(sealed), sealed.key)
        assert.strictEqual(opened.length, size)
        assert.isTrue(Buffer.from(opened).equals(content))
      }
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM1] refuses nothing at all and more than 16 MiB, and says how much fits", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* tagOf(Envelope.seal(bytes(0))), "PayloadEmpty")
      const max = Envelope.contentMaxBytes
      const refused = yield* Effect.flip(Envelope.seal(new Uint8Array(max + 1)))
      assert.deepStrictEqual(refused, new Envelope.PayloadTooLarge({ need: max + 1, max }))
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM2] one changed bit of body, seal id or key gives no bytes", () =>
    Effect.gen(function* () {
      const { key, ...sealed } = yield* Envelope.seal(bytes(40))
      const secret = Redacted.value(key)
      const altered = [
        ...bitsOf(sealed.body).map((body) => Envelope.unseal({ ...sealed, body }, key)),
        ...bitsOf(sealed.sealId).map((sealId) => Envelope.unseal({ ...sealed, sealId }, key)),
        ...bitsOf(secret).map((other) => Envelope.unseal(sealed, Envelope.contentKey(other)))
      ]
      for (const attempt of altered) {
        assert.strictEqual(yield* tagOf(attempt), "WrongKeyOrTampered")
      }
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM2] one changed bit of the header is found, and a key of the wrong length too", () =>
    Effect.gen(function* () {
      const sealed = yield* Envelope.seal(bytes(10))
      const file = Envelope.toBytes(sealed)
      for (let bit = 0; bit < EnvelopeHeader.headerBytes * 8; bit++) {
        const found = yield* tagOf(Envelope.open(flipped(file, bit), sealed.key))
        assert.strictEqual(found, bit < 32 ? "NotDistri" : "HeaderDamaged")
      }
      const short = Envelope.contentKey(new Uint8Array(31))
      assert.strictEqual(yield* tagOf(Envelope.open(file, short)), "WrongKeyOrTampered")
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM3] two seals of the same bytes share no key, nonce, seal id or block", () =>
    Effect.gen(function* () {
      const content = new Uint8Array(4096)
      const seen = new Set<string>()
      for (let round = 0; round < 20; round++) {
        const { body, key, sealId } = yield* Envelope.seal(content)
        const parts = [Redacted.value(key), sealId, body.subarray(0, 12)]
        for (let at = 12; at + 16 <= body.length; at += 16) parts.push(body.subarray(at, at + 16))
        for (const part of parts) {
          const hex = Buffer.from(part).toString("hex")
          assert.isFalse(seen.has(hex))
          seen.add(hex)
        }
      }
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM10] neither key nor content shows when a seal or an error is printed", () =>
    Effect.gen(function* () {
      const sealed = yield* Envelope.seal(new TextEncoder().encode("the secret"))
      const wrong = yield* Effect.flip(
        Envelope.unseal(sealed, Envelope.contentKey(new Uint8Array(32).fill(7)))
      )
      const printed = [sealed, sealed.key, wrong]
        .flatMap((value) => [String(value), JSON.stringify(value), inspect(value, { depth: 9 })])
        .join("\n")
      const secret = Redacted.value(sealed.key)
      for (const leak of [
        "the secret",
        Buffer.from(secret).toString("hex"),
        Buffer.from(secret).toString("base64"),
        secret.subarray(0, 4).join(","),
        secret.subarray(0, 4).join(", "),
        `"0":${secret[0]},"1":${secret[1]}`
      ]) {
        assert.notInclude(printed, leak)
      }
      assert.include(String(sealed.key), "redacted")
    }).pipe(Effect.provide(Crypto))
  )
})

describe("files", () => {
  it.effect("[IM1] a version 1 file written by the first release still opens", () =>
    Effect.gen(function* () {
      const opened = yield* Envelope.open(
        Buffer.from(golden.file, "hex"),
        Envelope.contentKey(Buffer.from(golden.key, "hex"))
      )
      assert.strictEqual(new TextDecoder().decode(opened), "sealed by version 1")
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM7] a length that the file does not have is refused, with more or less behind", () =>
    Effect.gen(function* () {
      const sealed = yield* Envelope.seal(bytes(100))
      const file = Envelope.toBytes(sealed)
      const longer = Buffer.concat([file, new Uint8Array(1)])
      for (const damaged of [file.subarray(0, -1), file.subarray(0, 31), longer]) {
        assert.strictEqual(yield* tagOf(Envelope.fromBytes(damaged)), "HeaderDamaged")
      }
      const huge = forged(file.subarray(0, 32), 8, 0xff, 0xff, 0xff, 0xff)
      assert.strictEqual(yield* tagOf(Envelope.fromBytes(huge)), "HeaderDamaged")
      const empty = forged(file.subarray(0, 32), 8, 0, 0, 0, 28)
      const onlyTag = Buffer.concat([empty, new Uint8Array(28)])
      assert.strictEqual(yield* tagOf(Envelope.fromBytes(onlyTag)), "HeaderDamaged")
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM2] names the version, the flags or the reserved byte that it does not know", () =>
    Effect.gen(function* () {
      const header = EnvelopeHeader.write(0, bytes(16), 100)
      const found = (at: number, value: number) =>
        Effect.map(Effect.flip(Envelope.fromBytes(forged(header, at, value))), String)
      assert.include(yield* found(4, 2), "version 2")
      assert.include(yield* found(6, 1), "flags 1")
      assert.include(yield* found(7, 1), "reserved byte 1")
      assert.include(yield* found(5, 3), "HeaderDamaged")
    })
  )

  it.effect("[IM1] a reply splits into the key and the file", () =>
    Effect.gen(function* () {
      const sealed = yield* Envelope.seal(bytes(9))
      const reply = Envelope.join(sealed.key, Envelope.toBytes(sealed))
      const { file, key } = yield* Envelope.split(reply)
      assert.deepStrictEqual(yield* Envelope.open(file, key), bytes(9))
      assert.strictEqual(yield* tagOf(Envelope.split(reply.subarray(0, 32))), "HeaderDamaged")
    }).pipe(Effect.provide(Crypto))
  )

  it.effect("[IM1] a key survives its schema's JSON, and no other length does", () =>
    Effect.gen(function* () {
      const codec = Schema.toCodecJson(Envelope.ContentKey)
      const key = Envelope.contentKey(bytes(32))
      const decoded = yield* Schema.decodeEffect(codec)(yield* Schema.encodeEffect(codec)(key))
      assert.deepStrictEqual(Redacted.value(decoded), bytes(32))
      const short = Schema.encodeEffect(codec)(Envelope.contentKey(bytes(31)))
      assert.strictEqual(yield* tagOf(short), "SchemaError")
    })
  )

  it("[IM2] checks headers with the CRC-32 that everyone uses", () => {
    for (let size = 0; size < 300; size++) {
      assert.strictEqual(crc32(bytes(size)), platformCrc32(bytes(size)))
    }
  })
})

const bitsOf = (source: Uint8Array) =>
  Array.from({ length: source.length * 8 }, (_, bit) => flipped(source, bit))

/** Never to be made again: what a release wrote, every later one reads. */
const golden = {
  key: "4a41e7f880dd52f78bf49f781933c16da3e1965600e864241a6412e4c660732d",
  file:
    "44535449010000000000002fdc727d3adbcd40b71d298f6f165da5a377cb21fa78cf429a76f96d5078bdd1" +
    "4ac3af62611d92c0f0d1e7a9d3aa14ab08336ec2cc3c86f339de1233d46f54f3cf0c58c5"
}
