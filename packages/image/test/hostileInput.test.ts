import { assert, layer } from "@effect/vitest"
import * as Envelope from "@distri/core/peer/Envelope"
import { crc32 } from "@distri/core/peer/pure/crc32"
import * as EnvelopeHeader from "@distri/core/peer/pure/EnvelopeHeader"
import * as Effect from "effect/Effect"
import { Carrier } from "../src/Carrier.ts"
import { storedPng } from "../src/internal/pngWriter.ts"
import * as Sliced from "../src/internal/sliced.ts"
import { openImage } from "../src/openImage.ts"
import * as LowBits from "../src/pure/LowBits.ts"
import * as Support from "./support.ts"

const { carrierLayer, cover, noise, pixels, same, sharp, tagOf, text, vips } = Support

layer(carrierLayer())("a hostile cover", (it) => {
  const hideBehind = Effect.fnUntraced(function* (bytes: Uint8Array) {
    const carrier = yield* Carrier
    const sealed = yield* Envelope.seal(noise(100))
    return yield* carrier.hide(sealed, { cover: { bytes } })
  })

  it.effect.each<readonly [string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "nothing"],
    ["an SVG", text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"), "text"],
    ["a GIF", text("GIF89a\x01\x00\x01\x00"), "gif"],
    ["a TIFF", Uint8Array.of(0x49, 0x49, 0x2a, 0, 8, 0, 0, 0), "something else"],
    ["an XML declaration", text("<?xml version='1.0'?><svg/>"), "text"],
    ["random bytes", noise(500), "something else"]
  ])("[IM7] that is %s never reaches a decoder", ([, bytes, found]) =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(hideBehind(bytes))
      assert.strictEqual(refused._tag, "UnsupportedCover")
      assert.include(refused.message, found)
    })
  )

  it.effect(
    "[IM7] of 144 megapixels or 17 MB is refused on its header, and nothing allocated",
    () =>
      Effect.gen(function* () {
        const png = yield* cover(20, 20)
        const before = process.resourceUsage().maxRSS
        const huge = claiming(Buffer.concat([png, noise(420_000)]), 12_000, 12_000)
        const refused = yield* Effect.flip(hideBehind(huge))
        assert.deepInclude(refused, { _tag: "CoverTooLarge", found: 144e6, unit: "pixels" })
        const long = new Uint8Array(17_000_000)
        long.set(png)
        const other = yield* Effect.flip(hideBehind(long))
        assert.deepInclude(other, { _tag: "CoverTooLarge", unit: "bytes" })
        assert.isBelow(process.resourceUsage().maxRSS - before, 100_000, "kB")
      })
  )

  it.effect("[IM7] cut short, damaged or mislabelled is refused", () =>
    Effect.gen(function* () {
      const jpeg = yield* vips(() => pixels(300, 200).jpeg().toBuffer())
      const png = yield* cover(300, 200)
      for (const whole of [jpeg, png]) {
        assert.strictEqual(yield* tagOf(hideBehind(whole.subarray(0, 2000))), "CoverDamaged")
        assert.strictEqual(yield* tagOf(hideBehind(whole.subarray(0, 12))), "CoverDamaged")
      }
      const damaged = Uint8Array.from(png)
      damaged.fill(0, 5000, 5100)
      assert.strictEqual(yield* tagOf(hideBehind(damaged)), "CoverDamaged")
      const mislabelled = Buffer.concat([png.subarray(0, 8), text("<svg/>")])
      assert.strictEqual(yield* tagOf(hideBehind(mislabelled)), "CoverDamaged")
    })
  )
})

layer(carrierLayer())("a hostile file to open", (it) => {
  /** A picture with any bytes where its header belongs. */
  const pictureWith = (header: Uint8Array, width = 64, height = 64) => {
    const samples = noise(width * height * 3)
    Sliced.runSync(LowBits.embed(samples, 0, header, 1))
    return Sliced.runSync(storedPng(samples, { width, height }))
  }

  it.effect.each<readonly [string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["a text", text("hello")],
    ["random bytes", noise(1000)],
    ["an SVG", text("<svg xmlns='http://www.w3.org/2000/svg'/>")],
    ["a picture of ours with no header", pictureWith(noise(32))],
    ["too small for a header", Sliced.runSync(storedPng(noise(255), { width: 85, height: 1 }))]
  ])("[IM7] that is %s is NotDistri", ([, file]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* tagOf(find(file)), "NotDistri")
    })
  )

  it.effect("[IM7] other than 8-bit RGB, or over 40 megapixels, is NotDistri", () =>
    Effect.gen(function* () {
      const files = yield* Effect.all([
        vips(() => pixels(64, 64, 1).toColourspace("b-w").png().toBuffer()),
        vips(() => pixels(64, 64, 4).png().toBuffer()),
        vips(() => pixels(64, 64).toColourspace("rgb16").png().toBuffer()),
        vips(() => pixels(64, 64).jpeg().toBuffer())
      ])
      for (const file of files) assert.strictEqual(yield* tagOf(find(file)), "NotDistri")
      const large = claiming(files[1], 8000, 8000)
      assert.strictEqual(yield* tagOf(find(large)), "NotDistri")
    })
  )

  it.effect("[IM7] claiming more than there is allocates nothing", () =>
    Effect.gen(function* () {
      const sealId = noise(16)
      const before = process.resourceUsage().maxRSS
      const capacity = ((64 * 64 * 3 - 256) * 2) / 8
      for (const bodyBytes of [0, 28, capacity + 1, 0xffff_ffff]) {
        const file = pictureWith(EnvelopeHeader.write(2, sealId, bodyBytes))
        assert.strictEqual(yield* tagOf(find(file)), "HeaderDamaged")
      }
      // In a picture the body is never "as it is", and noise never compresses.
      const bare = pictureWith(EnvelopeHeader.write(0, sealId, 100))
      assert.strictEqual(yield* tagOf(find(bare)), "HeaderDamaged")
      const flat = yield* vips(() =>
        pixelsOfHeader(EnvelopeHeader.write(2, sealId, 100_000))
          .png()
          .toBuffer()
      )
      assert.strictEqual(yield* tagOf(find(flat)), "HeaderDamaged")
      const bomb = claiming(pictureWith(noise(32)), 6000, 6000)
      assert.strictEqual(yield* tagOf(find(bomb)), "ImageDamaged")
      const padded = claiming(Buffer.concat([bomb, noise(200_000)]), 6000, 6000)
      assert.strictEqual(yield* tagOf(find(padded)), "ImageDamaged")
      assert.isBelow(process.resourceUsage().maxRSS - before, 100_000, "kB")
    })
  )

  it.effect(
    "[IM7] claiming pixels that no such file can hold is refused before any are reserved",
    () =>
      Effect.gen(function* () {
        const bomb = claiming(pictureWith(noise(32)), 6000, 6000)
        const found = tagOf(find(bomb)).pipe(Effect.provide(carrierLayer({ memory: "16 MiB" })))
        assert.strictEqual(yield* found, "ImageDamaged")
        const large = yield* vips(() => sharp({ create: blank }).png().toBuffer())
        const refused = tagOf(find(large)).pipe(Effect.provide(carrierLayer({ memory: "1 MiB" })))
        assert.strictEqual(yield* refused, "JobTooLarge")
      })
  )

  it.effect("[IM2] of another version or with unknown flags says so", () =>
    Effect.gen(function* () {
      for (const [at, value] of [
        [4, 2],
        [6, 1],
        [7, 9]
      ] as const) {
        const header = EnvelopeHeader.write(2, noise(16), 100)
        header[at] = value
        new DataView(header.buffer).setUint32(28, crc32(header.subarray(0, 28)))
        assert.strictEqual(yield* tagOf(find(pictureWith(header))), "UnsupportedVersion")
      }
    })
  )

  it.effect("[IM2] with one bit changed anywhere that counts never opens to other bytes", () =>
    Effect.gen(function* () {
      const carrier = yield* Carrier
      const content = noise(40)
      const sealed = yield* Envelope.seal(content)
      const original = (yield* Support.samplesOf(yield* carrier.hide(sealed))).data
      const size = { width: 64, height: 64 }
      for (let at = 0; at < 256 + 68 * 4; at++) {
        const samples = Uint8Array.from(original)
        samples[at]! ^= 1
        const file = Sliced.runSync(storedPng(samples, size))
        const found = yield* tagOf(openImage(file, sealed.key))
        const expected = at < 32 ? "NotDistri" : at < 256 ? "HeaderDamaged" : "WrongKeyOrTampered"
        assert.strictEqual(found, expected, `sample ${at}`)
      }
    })
  )

  it.effect("[IM2] mutated 500 times opens to the content or to a typed error", () =>
    Effect.gen(function* () {
      const carrier = yield* Carrier
      const content = noise(300)
      const sealed = yield* Envelope.seal(content)
      const stored = yield* carrier.hide(sealed)
      const small = yield* carrier.hide(sealed, { compression: "small" })
      const choices = noise(4000, 42)
      for (let nth = 0; nth < 500; nth++) {
        const file = Uint8Array.from(nth % 2 === 0 ? stored : small)
        const [high, low, value, kind] = choices.subarray(nth * 4, nth * 4 + 4)
        // Half of them near the start, where the headers are.
        const at = ((high! << 8) | low!) % (kind! % 2 === 0 ? 120 : file.length)
        file[at] = value!
        const mutated = kind! % 7 === 0 ? file.subarray(0, at) : file
        const opened = yield* Effect.result(openImage(mutated, sealed.key))
        if (opened._tag === "Success") assert.isTrue(same(opened.success, content))
      }
    })
  )
})

const find = (file: Uint8Array) => Effect.flatMap(Carrier, (carrier) => carrier.find(file))

const blank = { width: 600, height: 600, channels: 3, background: "#000000" } as const

/** A PNG whose header says another size, with the checksum of that. */
const claiming = (png: Uint8Array, width: number, height: number) => {
  const file = Uint8Array.from(png)
  const view = new DataView(file.buffer)
  view.setUint32(16, width)
  view.setUint32(20, height)
  view.setUint32(29, crc32(file.subarray(12, 29)))
  return file
}

/** 1000 x 1000 of one colour but for a header: large enough for a long body, in a short file. */
const pixelsOfHeader = (header: Uint8Array) => {
  const samples = new Uint8Array(3_000_000)
  Sliced.runSync(LowBits.embed(samples, 0, header, 1))
  return Support.sharp(samples, { raw: { width: 1000, height: 1000, channels: 3 } })
}
