import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type CollectionInfo, reportMaxBytes, UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import { reportOf, service } from "./support.ts"

const codec = Schema.fromJsonString(Schema.toCodecJson(UpdateInfo))
const decode = Schema.decodeUnknownResult(Schema.toCodecJson(UpdateInfo))

it.effect.prop(
  "a report survives the way through JSON",
  { info: UpdateInfo },
  Effect.fnUntraced(function* ({ info }) {
    const text = yield* Schema.encodeEffect(codec)(info)
    // Equal, not deeply equal: JSON has no negative zero.
    assert.isTrue(Equal.equals(yield* Schema.decodeEffect(codec)(text), info))
  })
)

const honest = { ...reportOf(1) }
const hostile: Record<string, unknown> = {
  "a negative load": { load: { ...honest.load, inFlight: -1 } },
  "an endless queue": { load: { ...honest.load, queued: "Infinity" } },
  "a load that is no number": { load: { ...honest.load, heapRatio: "NaN" } },
  "no capacity": { capacity: 0 },
  "an absurd capacity": { capacity: 1e9 },
  "a seq between two": { seq: 0.5 },
  "a negative incarnation": { incarnation: -1 },
  "a line break in its name": { node: "node-1\nERROR all is lost" },
  "a space in its address": { address: "10.0.0.1 :7400" },
  "an endless name": { node: "n".repeat(129) },
  "an unknown state": { state: "sleeping" },
  "protocols that end before they begin": { protocol: { min: 2, max: 1 } },
  "too many services": { services: Array.from({ length: 1_001 }, (_, i) => service(`S${i}`)) },
  "more bytes than a report has": {
    services: Array.from({ length: 500 }, (_, i) => service(`${i}`.padEnd(200, "x")))
  }
}

it.each(Object.entries(hostile))("[CL25] a report with %s is refused", (_, change) => {
  assert.isTrue(Result.isSuccess(decode(honest)))
  assert.isTrue(Result.isFailure(decode({ ...honest, ...(change as object) })))
})

it("[CL25] a node with very many collections reports those that changed last", () => {
  const collections = Array.from({ length: 5_000 }, (_, version): CollectionInfo => {
    return { name: `collection-${version}`.padEnd(100, "ü"), documents: 1, bytes: 1, version }
  })
  const info = UpdateInfo.fitting({ ...honest, collections })
  const named = info.collections!.map(({ version }) => version)
  const bytes = new TextEncoder().encode(JSON.stringify(info)).length
  assert.isAtLeast(bytes, reportMaxBytes - 500)
  assert.deepStrictEqual(
    named,
    Array.from({ length: named.length }, (_, i) => 4_999 - i)
  )
  assert.strictEqual(UpdateInfo.fitting({ ...honest, collections: [] }).collections?.length, 0)
  assert.isFalse("collections" in UpdateInfo.withoutCollections(info))
})
