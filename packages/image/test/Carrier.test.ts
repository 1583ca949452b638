import { assert, describe, it, layer } from "@effect/vitest"
import * as Envelope from "@distri/core/peer/Envelope"
import * as Effect from "effect/Effect"
import { decode } from "fast-png"
import { readFileSync } from "node:fs"
import { Carrier } from "../src/Carrier.ts"
import type { HideOptions } from "../src/HideOptions.ts"
import { openImage } from "../src/openImage.ts"
import * as CoverSize from "../src/pure/CoverSize.ts"
import * as Support from "./support.ts"

const { noise, same, tagOf, text } = Support

/** Seals and hides `content`, checks that it opens again, and returns the file. */
const roundTrip = Effect.fnUntraced(function* (content: Uint8Array, options?: HideOptions) {
  const carrier = yield* Carrier
  const sealed = yield* Envelope.seal(content)
  const file = yield* carrier.hide(sealed, options)
  assert.isTrue(same(yield* openImage(file, sealed.key), content), JSON.stringify(options?.bits))
  return file
})

layer(Support.carrierLayer({ memory: "1 GiB" }))("hiding", (it) => {
  it.effect("[IM1] opens through every carrier, bits, policy and compression", () =>
    Effect.gen(function* () {
      const bytes = yield* Support.cover(301, 97)
      yield* roundTrip(noise(5000), { carrier: "none" })
      for (const bits of [1, 2, 4] as const) {
        for (const size of ["crop", "fit", "keep"] as const) {
          for (const compression of ["store", "small"] as const) {
            for (const cover of [{ size }, { size, bytes }]) {
              yield* roundTrip(noise(5000), { bits, compression, cover })
            }
          }
        }
      }
    })
  )

  it.effect("[IM1] opens for contents from 1 byte to 16 MiB", () =>
    Effect.gen(function* () {
      for (const size of [1, 2, 3, 100, 4095, 80_000, 460_000, 470_000]) {
        const file = yield* roundTrip(noise(size, size))
        assert.isAtMost(file.length, 4 * size + 65_536, "[IM12]")
      }
      yield* roundTrip(new Uint8Array(Envelope.contentMaxBytes))
    })
  )

  it.effect("[IM1] fills a kept cover to its last sample, and enlarges it for one byte more", () =>
    Effect.gen(function* () {
      const bytes = yield* Support.cover(121, 83)
      for (const bits of [1, 2, 4] as const) {
        const max = CoverSize.capacityBytes(121 * 83 * 3, bits) - 28
        const cover = { bytes, size: "keep" } as const
        const exact = decode(yield* roundTrip(noise(max), { bits, cover }))
        assert.deepStrictEqual([exact.width, exact.height], [121, 83])
        const more = decode(yield* roundTrip(noise(max + 1), { bits, cover }))
        assert.isAbove(more.width * more.height, 121 * 83)
      }
    })
  )

  it.effect("[IM1] takes covers of every shape and kind", () =>
    Effect.gen(function* () {
      const { pixels, vips } = Support
      const covers = yield* Effect.all([
        vips(() => pixels(1, 1).png().toBuffer()),
        vips(() => pixels(5000, 1).png().toBuffer()),
        vips(() => pixels(1, 5000).png().toBuffer()),
        vips(() => pixels(77, 55, 1).toColourspace("b-w").png().toBuffer()),
        vips(() => pixels(77, 55, 4).png().toBuffer()),
        vips(() => pixels(77, 55).toColourspace("rgb16").png().toBuffer()),
        vips(() => pixels(77, 55).png({ palette: true }).toBuffer()),
        vips(() => pixels(77, 55).toColourspace("cmyk").jpeg().toBuffer()),
        vips(() => pixels(77, 55).jpeg().withMetadata({ orientation: 6 }).toBuffer()),
        vips(() => pixels(77, 55).webp().toBuffer()),
        vips(() => pixels(77, 55, 4).webp({ lossless: true }).toBuffer())
      ])
      for (const bytes of covers) {
        for (const size of ["crop", "fit", "keep"] as const) {
          const file = yield* roundTrip(noise(900), { cover: { bytes, size } })
          const { channels, depth } = decode(file)
          assert.deepStrictEqual([channels, depth], [3, 8])
        }
      }
    })
  )

  it.effect("[IM4] applies a cover's orientation, and keeps nothing else it says of itself", () =>
    Effect.gen(function* () {
      const bytes = yield* Support.vips(() =>
        Support.pixels(200, 100)
          .jpeg()
          .withExif({ IFD0: { Copyright: "whereabouts of the owner" } })
          .withMetadata({ orientation: 6 })
          .toBuffer()
      )
      assert.include(Buffer.from(bytes).toString("latin1"), "whereabouts")
      for (const compression of ["store", "small"] as const) {
        const file = yield* roundTrip(noise(50), { compression, cover: { bytes, size: "keep" } })
        const { height, width } = decode(file)
        assert.deepStrictEqual([width, height], [100, 200])
        // libvips adds a resolution, always the same.
        const chunks = chunkTypes(file).filter((type) => type !== "pHYs")
        assert.deepStrictEqual(chunks, ["IHDR", "IDAT", "IEND"])
      }
    })
  )

  it.effect("[IM4] gives back, bit for bit, contents that decoders would choke on", () =>
    Effect.gen(function* () {
      const jpeg = yield* Support.vips(() => Support.pixels(20, 20).jpeg().toBuffer())
      for (const content of [
        Buffer.concat([text("GIF89a"), noise(2000)]),
        Buffer.concat([jpeg, text("<svg onload='alert(1)'/>")]),
        text(`<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>`),
        jpeg.subarray(0, 100),
        Envelope.toBytes(yield* Envelope.seal(text("sealed twice")))
      ]) {
        yield* roundTrip(content)
        yield* roundTrip(content, { carrier: "none" })
      }
    })
  )

  it.effect("[IM5] writes what libvips and another decoder read alike", () =>
    Effect.gen(function* () {
      for (const options of [{}, { compression: "small" }, { cover: { size: "fit" } }] as const) {
        const file = yield* roundTrip(noise(3000), options)
        const { data } = yield* Support.samplesOf(file)
        assert.isTrue(same(data, decode(file, { checkCrc: true }).data as Uint8Array))
      }
    })
  )

  it.effect("[IM6] changes the cover in its low bits only, and not past the body", () =>
    Effect.gen(function* () {
      const bytes = yield* Support.cover(200, 90)
      const original = (yield* Support.samplesOf(bytes)).data
      for (const bits of [1, 2, 4] as const) {
        const file = yield* roundTrip(noise(1000), { bits, cover: { bytes, size: "keep" } })
        const { data } = yield* Support.samplesOf(file)
        const carrying = CoverSize.samplesFor(1028, bits)
        original.forEach((sample, at) => {
          const most = at < 256 ? 1 : at < carrying ? 2 ** bits - 1 : 0
          assert.isAtMost(Math.abs(sample - data[at]!), most)
        })
      }
    })
  )

  it.effect("[IM4] never writes into a cover it keeps", () =>
    Effect.gen(function* () {
      const bytes = yield* Support.cover(150, 150)
      const original = (yield* Support.samplesOf(bytes)).data
      const options = { bits: 4, cover: { bytes, size: "keep" } } as const
      yield* roundTrip(noise(30_000, 1), options)
      const { data } = yield* Support.samplesOf(yield* roundTrip(noise(1), options))
      assert.isTrue(same(data.subarray(2000), original.subarray(2000)))
    })
  )

  it.effect("[IM1] refuses what no picture may carry, and says how much one may", () =>
    Effect.gen(function* () {
      const carrier = yield* Carrier
      const sealed = yield* Envelope.seal(noise(1))
      const body = new Uint8Array(Envelope.contentMaxBytes + 28)
      const refused = yield* Effect.flip(carrier.hide({ ...sealed, body }, { bits: 1 }))
      assert.strictEqual(refused._tag, "PayloadTooLarge")
      if (refused._tag !== "PayloadTooLarge") return
      assert.strictEqual(refused.need, Envelope.contentMaxBytes)
      assert.isTrue(refused.max > 14 * 1024 * 1024 && refused.max < 15 * 1024 * 1024)
    })
  )
})

layer(Support.carrierLayer())("version 1", (it) => {
  it.effect.each(["version-1.dst", "1-bit.png", "2-bits.png", "4-bits.png", "small.png"])(
    "[IM1] %s still opens",
    (name) =>
      Effect.gen(function* () {
        const opened = yield* openImage(golden(name), Envelope.contentKey(golden("version-1.key")))
        assert.strictEqual(new TextDecoder().decode(opened), "sealed by version 1")
      })
  )
})

layer(Support.carrierLayer())("photographs", (it) => {
  it.effect.skipIf(Support.withoutPhotographs)(
    "[IM1] hides one in another (skipped without the folder DISTRI_DATA names)",
    () =>
      Effect.gen(function* () {
        const secret = readFileSync(`${Support.photographs}/sample-600x400.jpg`)
        const bytes = readFileSync(`${Support.photographs}/cover-960x640.jpg`)
        for (const size of ["crop", "fit", "keep"] as const) {
          yield* roundTrip(secret, { cover: { bytes, size } })
        }
      })
  )
})

layer(Support.carrierLayer({ fileMax: "1 MiB" }))("a limit for the file", (it) => {
  it.effect("[IM12] deflates what would not fit stored, unless it was told to store", () =>
    Effect.gen(function* () {
      const content = noise(270_000)
      assert.isBelow((yield* roundTrip(content)).length, 1024 * 1024)
      const stored = roundTrip(content, { compression: "store" })
      assert.strictEqual(yield* tagOf(stored), "PayloadTooLarge")
      assert.strictEqual(yield* tagOf(roundTrip(noise(600_000))), "PayloadTooLarge")
    })
  )

  it.effect("[IM12] says that the kept cover is too large, when the content is not", () =>
    Effect.gen(function* () {
      const bytes = yield* Support.cover(700, 700)
      for (const options of [{}, { compression: "store" }, { compression: "small" }] as const) {
        const cover = { bytes, size: "keep" } as const
        const refused = roundTrip(noise(100), { ...options, cover })
        assert.strictEqual(yield* tagOf(refused), "CoverTooLarge")
      }
    })
  )
})

describe("a carrier with a cover of its own", () => {
  it.effect("[IM6] uses it for who brings none", () =>
    Effect.gen(function* () {
      const cover = yield* Support.cover(80, 80, 9)
      const original = (yield* Support.samplesOf(cover)).data
      const file = yield* roundTrip(noise(10), { cover: { size: "keep" } }).pipe(
        Effect.provide(Support.carrierLayer({ cover }))
      )
      const { data } = yield* Support.samplesOf(file)
      assert.isTrue(same(data.subarray(1000), original.subarray(1000)))
    })
  )

  it.effect("[IM7] is not built on a file that is no cover", () =>
    Effect.gen(function* () {
      const layer = Support.carrierLayer({ cover: noise(100) })
      assert.strictEqual(yield* tagOf(Effect.provide(Carrier, layer)), "UnsupportedCover")
    })
  )
})

/** Written by the first release, never to be made again: every later release reads them. */
const golden = (name: string) => readFileSync(new URL(`golden/${name}`, import.meta.url))

const chunkTypes = (file: Uint8Array) => {
  const types: Array<string> = []
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  for (let at = 8; at < file.length; at += 12 + view.getUint32(at)) {
    types.push(Buffer.from(file.subarray(at + 4, at + 8)).toString("latin1"))
  }
  return types.filter((type, nth) => type !== types[nth - 1])
}
