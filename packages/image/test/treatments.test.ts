import { assert, layer } from "@effect/vitest"
import * as Envelope from "@distri/core/peer/Envelope"
import * as Effect from "effect/Effect"
import { Carrier } from "../src/Carrier.ts"
import { openImage } from "../src/openImage.ts"
import { carrierLayer, noise, same, sharp, tagOf, vips } from "./support.ts"

type Treatment = (file: Uint8Array) => Promise<Uint8Array>

layer(carrierLayer())("what happens to a picture on its way", (it) => {
  const content = noise(20_000)

  const treated = Effect.fnUntraced(function* (treat: Treatment) {
    const carrier = yield* Carrier
    const sealed = yield* Envelope.seal(content)
    const file = yield* carrier.hide(sealed)
    return { sealed, file: yield* vips(() => treat(file)) }
  })

  it.effect.each<readonly [string, Treatment]>([
    ["another PNG encoder", (file) => sharp(file).png({ compressionLevel: 9 }).toBuffer()],
    ["row filters", (file) => sharp(file).png({ adaptiveFiltering: true }).toBuffer()],
    ["interlacing", (file) => sharp(file).png({ progressive: true }).toBuffer()],
    ["lossless WebP", (file) => sharp(file).webp({ lossless: true }).toBuffer()],
    [
      "metadata",
      (file) =>
        sharp(file)
          .withExif({ IFD0: { Copyright: "me" } })
          .png()
          .toBuffer()
    ]
  ])("[IM9] %s leaves it readable", ([, treat]) =>
    Effect.gen(function* () {
      const { file, sealed } = yield* treated(treat)
      assert.isTrue(same(yield* openImage(file, sealed.key), content))
    })
  )

  it.effect.each<readonly [string, Treatment]>([
    ["JPEG of quality 95", (file) => sharp(file).jpeg({ quality: 95 }).toBuffer()],
    ["JPEG of quality 100", (file) => sharp(file).jpeg({ quality: 100 }).toBuffer()],
    ["lossy WebP", (file) => sharp(file).webp({ quality: 95 }).toBuffer()],
    [
      "PNG after JPEG",
      (file) =>
        sharp(file)
          .jpeg()
          .toBuffer()
          .then((jpeg) => sharp(jpeg).png().toBuffer())
    ],
    ["resizing", (file) => sharp(file).resize(100).png().toBuffer()],
    ["converting its colours", (file) => sharp(file).withIccProfile("p3").png().toBuffer()],
    ["blurring", (file) => sharp(file).blur(1).png().toBuffer()]
  ])("[IM9] %s makes it NotDistri, with a hint", ([, treat]) =>
    Effect.gen(function* () {
      const { file, sealed } = yield* treated(treat)
      const error = yield* Effect.flip(openImage(file, sealed.key))
      assert.strictEqual(error._tag, "NotDistri")
      assert.include(error.message, "recompressed")
    })
  )

  it.effect("[IM9] a colour profile put into the file leaves it readable", () =>
    Effect.gen(function* () {
      const { file, sealed } = yield* treated(async (whole) => {
        const converted = await sharp(whole).withIccProfile("p3").png().toBuffer()
        const at = converted.indexOf("iCCP") - 4
        const profile = converted.subarray(at, at + 12 + converted.readUInt32BE(at))
        return Buffer.concat([whole.subarray(0, 33), profile, whole.subarray(33)])
      })
      assert.isTrue((yield* vips(() => sharp(file).metadata())).hasProfile)
      assert.isTrue(same(yield* openImage(file, sealed.key), content))
    })
  )

  it.effect("[IM2] half of the file is ImageDamaged, one flipped bit too", () =>
    Effect.gen(function* () {
      const { file, sealed } = yield* treated(async (whole) => whole)
      const half = file.subarray(0, file.length >> 1)
      assert.strictEqual(yield* tagOf(openImage(half, sealed.key)), "ImageDamaged")
      const flipped = Uint8Array.from(file)
      flipped[file.length >> 1]! ^= 1
      assert.strictEqual(yield* tagOf(openImage(flipped, sealed.key)), "ImageDamaged")
    })
  )

  it.effect("[IM2] another file's key is WrongKeyOrTampered", () =>
    Effect.gen(function* () {
      const { file } = yield* treated(async (whole) => whole)
      const other = yield* Envelope.seal(content)
      assert.strictEqual(yield* tagOf(openImage(file, other.key)), "WrongKeyOrTampered")
    })
  )
})
