import { assert, describe, it, layer } from "@effect/vitest"
import * as Envelope from "@distri/core/peer/Envelope"
import * as Service from "@distri/core/service/Service"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as RpcTest from "effect/rpc/RpcTest"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as path from "node:path"
import { inspect } from "node:util"
import { ImageError } from "../src/ImageError.ts"
import { contentMaxBytes, Encrypt, Hide, ImageServices } from "../src/ImageServices.ts"
import { openImage } from "../src/openImage.ts"
import { distinctPicture, samplePicture } from "../src/samplePicture.ts"
import { carrierLayer, noise, same, sharp, tagOf, text, vips } from "./support.ts"

const answerMaxBytes = 16 * 1024 * 1024

layer(Layer.merge(ImageServices.layer(), carrierLayer()))("the services", (it) => {
  it.effect("[IM1] Encrypt answers a picture and the key that opens it", () =>
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ImageServices)
      const data = yield* samplePicture
      for (const options of [undefined, { bits: 4 }, { carrier: "none" }] as const) {
        const payload = options === undefined ? { data } : { data, options }
        const { file, key, sealId } = yield* client.Encrypt(payload)
        assert.isTrue(same(yield* openImage(file, key), data))
        assert.strictEqual(sealId.length, 16)
      }
    })
  )

  it.effect("[IM1] Hide answers a picture for what the caller sealed", () =>
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ImageServices)
      const sealed = yield* Envelope.seal(noise(5000))
      const file = yield* client.Hide({ file: Envelope.toBytes(sealed) })
      assert.isTrue(same(yield* openImage(file, sealed.key), noise(5000)))
      const refused = client.Hide({ file: Envelope.toBytes(sealed).subarray(1) })
      assert.strictEqual(yield* tagOf(refused), "NotDistri")
    })
  )

  it.effect(
    "[IM1] as bytes, the reply of Encrypt is the key and the picture, of Hide the picture",
    () =>
      Effect.gen(function* () {
        const client = yield* RpcTest.makeClient(ImageServices)
        const data = distinctPicture(1)
        const encrypt = Service.traits(Encrypt).bytes
        const payload = yield* encrypt.decode(data, ['{"bits":4}'])
        const reply = yield* encrypt.encode(yield* client.Encrypt(payload))
        const { file, key } = yield* Envelope.split(reply)
        assert.isTrue(same(yield* openImage(file, key), data))

        const hide = Service.traits(Hide).bytes
        const sealed = yield* Envelope.seal(data)
        const hidden = yield* hide.encode(
          yield* client.Hide(yield* hide.decode(Envelope.toBytes(sealed), []))
        )
        assert.isTrue(same(yield* openImage(hidden, sealed.key), data))
        assert.isAbove((yield* Effect.flip(encrypt.decode(data, ['{"bits":3}']))).length, 0)
      })
  )

  it.effect("[IM1] takes 1 byte to 4 MiB, and every answer fits 16 MiB", () =>
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ImageServices)
      const encrypt = (size: number, options = {}) => client.Encrypt({ data: noise(size), options })
      assert.strictEqual(yield* tagOf(encrypt(0)), "PayloadEmpty")
      assert.strictEqual(yield* tagOf(encrypt(contentMaxBytes + 1)), "PayloadTooLarge")
      // Stored rows of so much would not fit; deflated ones do.
      const { file } = yield* encrypt(contentMaxBytes)
      assert.isBelow(file.length, answerMaxBytes - 64)
      const stored = { compression: "store" } as const
      const refused = yield* Effect.flip(encrypt(contentMaxBytes, stored))
      assert.strictEqual(refused._tag, "PayloadTooLarge")
      if (refused._tag !== "PayloadTooLarge") return
      const most = yield* encrypt(refused.max, stored)
      assert.isBelow(most.file.length, answerMaxBytes - 64)
    })
  )

  it.effect("takes more content when more of it fits an answer", () =>
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ImageServices)
      const encrypt = (size: number, options = {}) => client.Encrypt({ data: noise(size), options })
      const large = contentMaxBytes + 1
      const { file } = yield* encrypt(large, { bits: 4 })
      assert.isBelow(file.length, answerMaxBytes)
      assert.strictEqual(yield* tagOf(encrypt(2 * large, { bits: 4 })), "PayloadTooLarge")
      const bare = yield* encrypt(3 * large, { carrier: "none" })
      assert.isBelow(bare.file.length, answerMaxBytes)
      assert.strictEqual(yield* tagOf(encrypt(4 * large, { carrier: "none" })), "PayloadTooLarge")
    })
  )

  it.effect("[IM10] neither key nor content reaches a log line, an error or a span", () =>
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ImageServices)
      const lines: Array<string> = []
      const capture = Logger.make((line) => void lines.push(inspect(line, { depth: 12 })))
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const data = text("a secret that must not be seen ".repeat(20))
      const outcomes = yield* Effect.gen(function* () {
        const good = yield* client.Encrypt({ data })
        const bad = [
          { cover: { bytes: data } },
          { cover: { bytes: distinctPicture(1).subarray(0, 99) } }
        ]
        const causes = yield* Effect.forEach(bad, (options) =>
          Effect.flip(Effect.sandbox(client.Encrypt({ data, options })))
        )
        const wrong = yield* Effect.flip(openImage(good.file, Envelope.contentKey(noise(32))))
        yield* Effect.logInfo("one line, so that the capture is known to work", good.key, wrong)
        return {
          key: good.key,
          printed: [...causes.map(Cause.pretty), inspect(causes), inspect(wrong)]
        }
      }).pipe(
        Effect.provide(Logger.layer([capture])),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.withSpan("the capture of spans works"),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      assert.lengthOf(lines, 1)
      assert.isAtLeast(spans.length, 1)
      const traced = spans.map(({ attributes, name }) => inspect([name, attributes], { depth: 12 }))
      // Where this checkout lies is no secret of a user: stack traces name it.
      const root = path.resolve(import.meta.dirname, "../../..")
      const seen = [...lines, ...outcomes.printed, ...traced].join("\n").replaceAll(root, "")
      const key = Buffer.from(Redacted.value(outcomes.key))
      for (const leak of [
        "a secret",
        key.toString("hex"),
        key.toString("base64"),
        "/",
        key.join(", ")
      ]) {
        const found = leak === "/" ? /\/(?:tmp|home|usr)\//.test(seen) : seen.includes(leak)
        assert.isFalse(found, leak)
      }
    })
  )
})

describe("what the cloud is told", () => {
  it("[IM1] both may be sent again, one per core", () => {
    for (const service of [Encrypt, Hide]) {
      assert.deepInclude(Service.traits(service), { repeat: "pure", concurrency: "cores" })
    }
  })

  it.effect("[IM10] every error survives its schema as JSON", () =>
    Effect.gen(function* () {
      const codec = Schema.toCodecJson(ImageError)
      const error = new Envelope.PayloadTooLarge({ need: 5, max: 4 })
      const encoded = yield* Schema.encodeEffect(codec)(error)
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(encoded), error)
    })
  )
})

describe("pictures of our own", () => {
  it.effect("[IM1] the sample is a JPEG of the usual size, and always the same", () =>
    Effect.gen(function* () {
      const [first, second] = yield* Effect.all([samplePicture, samplePicture])
      assert.isTrue(same(first, second))
      assert.isTrue(first.length > 60_000 && first.length < 100_000, String(first.length))
      const { format, height, width } = yield* vips(() => sharp(first).metadata())
      assert.deepStrictEqual([format, width, height], ["jpeg", 600, 400])
    })
  )

  it.effect("[IM1] every seed has its own small picture", () =>
    Effect.gen(function* () {
      const pictures = Array.from({ length: 200 }, (_, seed) => distinctPicture(seed))
      assert.strictEqual(
        new Set(pictures.map((file) => Buffer.from(file).toString("hex"))).size,
        200
      )
      assert.isTrue(pictures.every((file) => file.length < 4000))
      yield* vips(() => sharp(pictures[7]!).raw().toBuffer())
    })
  )
})
