import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import { Carrier } from "../src/Carrier.ts"
import { carrierLayer, tagOf, text, vips } from "./support.ts"

const svg = text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
const settings = () => [sharp.cache(), sharp.concurrency()]
const decodesSvg = vips(() =>
  sharp(svg)
    .metadata()
    .then(
      () => true,
      () => false
    )
)

// One test, in a file of its own: what it changes is changed for the whole process.
it.effect("[IM11] the process keeps its own sharp, unless hardenSharp asks for it", () =>
  Effect.gen(function* () {
    const before = settings()
    yield* Effect.provide(Carrier, carrierLayer())
    assert.deepStrictEqual(settings(), before)
    assert.isTrue(yield* decodesSvg)

    yield* Effect.gen(function* () {
      const carrier = yield* Carrier
      assert.isFalse(yield* decodesSvg)
      assert.strictEqual(sharp.concurrency(), 1)
      assert.strictEqual(sharp.cache().memory.max, 0)
      const png = yield* vips(() => sharp({ create: blank }).png().toBuffer())
      assert.strictEqual(yield* tagOf(carrier.find(png)), "NotDistri")
    }).pipe(Effect.provide(carrierLayer({ hardenSharp: true })))
  })
)

const blank = { width: 64, height: 64, channels: 3, background: "#000000" } as const
