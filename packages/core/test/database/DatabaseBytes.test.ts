import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  AddDocument,
  CreateCollection,
  DeleteCollection,
  Execute,
  GetDocument,
  ReadCollection
} from "../../src/service/DatabaseServices.ts"
import * as Service from "../../src/service/Service.ts"
import { Watch } from "../../src/service/WatchService.ts"

const encode = (text: string) => new TextEncoder().encode(text)

const payload = (service: Service.Any, data: string | Uint8Array, ...params: Array<string>) =>
  Service.traits(service).bytes.decode(typeof data === "string" ? encode(data) : data, params)

const issue = (service: Service.Any, data: string | Uint8Array, ...params: Array<string>) =>
  Effect.flip(payload(service, data, ...params))

const reply = (success: unknown) =>
  Effect.map(Service.traits(GetDocument).bytes.encode(success), (bytes) =>
    new TextDecoder().decode(bytes)
  )

it.effect("[DB17] bytes that are not UTF-8 are refused, and not stored as other text", () =>
  Effect.gen(function* () {
    const broken = Uint8Array.of(...encode(`{"name":"`), 0xff, 0xc3, ...encode(`"}`))
    for (const service of [AddDocument, CreateCollection, DeleteCollection, Execute, Watch])
      assert.strictEqual(yield* issue(service, broken, "a"), "the data is not text in UTF-8")
    for (const service of [ReadCollection, GetDocument])
      assert.strictEqual(yield* issue(service, broken, "a"), "the data is not text in UTF-8")
  })
)

it.effect("[DB17] an option that does not exist is refused by its name", () =>
  Effect.gen(function* () {
    const name = `"name":"a"`
    assert.include(yield* issue(CreateCollection, `{${name},"ttl":5}`), "ttl")
    const index = `{${name},"indexes":[{"name":"x","keys":["x"],"sparse":true}]}`
    assert.include(yield* issue(CreateCollection, index), "sparse")
    const add = `"_tag":"AddDocument","collection":"a","document":{"_id":"1","any":{"x":1}}`
    assert.include(yield* issue(Execute, `{${add},"upsrt":true}`), "upsrt")
    const batch = `{"_tag":"Batch","operations":[{${add},"upsrt":true}]}`
    assert.include(yield* issue(Execute, batch), "upsrt")
    yield* payload(Execute, `{"_tag":"Batch","operations":[{${add}}]}`)
  })
)

it.effect("[DB17] a document is got by a parameter or by data", () =>
  Effect.gen(function* () {
    const expected = { collection: "a", id: "1" }
    for (const got of [
      payload(GetDocument, "", "a", "1"),
      payload(GetDocument, "1", "a"),
      payload(GetDocument, `"1"`, "a", "", "")
    ])
      assert.deepStrictEqual(yield* got, expected)
    const local = yield* payload(GetDocument, "", "a", "1", "local")
    assert.deepStrictEqual(local, { ...expected, consistency: "local" })
    assert.include(yield* issue(GetDocument, "1"), "the name of the collection")
    assert.include(yield* issue(GetDocument, "", "a"), "the id; it is missing")
    assert.include(yield* issue(GetDocument, "1", "a", "1"), "not both")
    assert.isNotEmpty(yield* issue(GetDocument, "", "a", "1", "never"))

    const found = { document: { _id: "1", data: Uint8Array.of(1) }, rev: 7 }
    assert.strictEqual(
      yield* reply({ found }),
      `{"document":{"_id":"1","data":{"$bytes":"AQ=="}},"rev":7}`
    )
    assert.strictEqual(yield* reply({}), "{}")
  })
)

it.effect("[DB17] only digits are the version that a watch goes on from", () =>
  Effect.gen(function* () {
    assert.deepInclude(yield* payload(Watch, "", "a", "12"), { after: { version: 12 } })
    for (const text of [" ", "0x10", "1e3", "w1.2"])
      assert.deepInclude(yield* payload(Watch, "", "a", text), { after: text })
    assert.isFalse("after" in (yield* payload(Watch, "", "a", "")))
  })
)
