/** A small cloud in memory, for tests: an echo, and handlers that fail in every way. */
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { Client } from "../../src/client/Client.ts"
import { CloudNode, type CloudNodeOptions } from "../../src/cloud/CloudNode.ts"
import { Load } from "../../src/cloud/Load.ts"
import * as Service from "../../src/service/Service.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import { Address } from "../../src/transport/Address.ts"
import * as MemoryTransport from "../../src/transport/MemoryTransport.ts"

export class Echo extends Service.make("Echo", {
  payload: Schema.Uint8Array,
  success: Schema.Uint8Array,
  repeat: "pure"
}) {}

export class NoGood extends Schema.TaggedError<NoGood>()("NoGood", { why: Schema.String }) {}

export class Length extends Service.make("Length", {
  payload: Schema.Struct({ text: Schema.String }),
  success: Schema.Struct({ length: Schema.Number }),
  error: NoGood,
  repeat: "pure"
}) {}

export class Broken extends Service.make("Broken", { repeat: "pure" }) {}

/** Runs until the test lets it go. `once`: an unknown outcome is not repeated. */
export class Held extends Service.make("Held", { success: Schema.String, concurrency: 2 }) {}
export class HeldPure extends Service.make("HeldPure", {
  success: Schema.String,
  repeat: "pure",
  concurrency: 1
}) {}

/** Ends by interrupting itself. */
export class Interrupted extends Service.make("Interrupted") {}

export class Deadline extends Service.make("Deadline", { success: Schema.Number }) {}

export class Services extends RpcGroup.make(
  Echo,
  Length,
  Broken,
  Held,
  HeldPure,
  Deadline,
  Interrupted
) {}

/** What a test can see of the handlers of `Held` and `HeldPure`. */
export class Gate extends Context.Service<
  Gate,
  {
    started: number
    interrupted: number
    readonly open: Deferred.Deferred<void>
  }
>()("test/Gate") {
  static readonly layer = Layer.effect(
    Gate,
    Effect.map(Deferred.make<void>(), (open) => ({ started: 0, interrupted: 0, open }))
  )
}

const held = Effect.gen(function* () {
  const gate = yield* Gate
  gate.started++
  yield* Deferred.await(gate.open)
  return "done"
}).pipe(Effect.onInterrupt(() => Effect.map(Gate, (gate) => void gate.interrupted++)))

export const Handlers = Services.toLayer({
  Echo: (bytes) => Effect.succeed(bytes),
  Length: ({ text }) =>
    text === ""
      ? Effect.fail(new NoGood({ why: "empty" }))
      : Effect.succeed({ length: text.length }),
  Broken: () => Effect.die(new Error("a secret cause")),
  Held: () => held,
  HeldPure: () => held,
  Interrupted: () => Effect.interrupt,
  Deadline: () => Effect.map(CurrentRequest, ({ deadlineMs }) => deadlineMs)
})

const Platform = Layer.mergeAll(MemoryTransport.layer, Load.layerNoop, SecureRandom.layerWebCrypto)

/** What all nodes and clients of one test share. */
export const Base = Handlers.pipe(
  Layer.provideMerge(Gate.layer),
  Layer.provideMerge(Platform),
  Layer.provideMerge(Logger.layer([])),
  Layer.fresh
)

export const address = (port: number) => Address.make(`127.0.0.1:${port}`)

/** A node at `port` of a cloud that also has `others`. Lives as long as the scope. */
export const startNode = (
  port: number,
  others: ReadonlyArray<number> = [],
  options: Partial<CloudNodeOptions> = {}
) =>
  Effect.map(
    Layer.build(
      CloudNode.layer(Services, {
        listen: address(port),
        seeds: others.map(address),
        ...options
      })
    ),
    Context.get(CloudNode)
  )

export const startClient = (ports: ReadonlyArray<number>, warm = 2, cluster?: string) =>
  Effect.map(
    Layer.build(
      Client.layer({ seeds: ports.map(address), warm, ...(cluster !== undefined && { cluster }) })
    ),
    Context.get(Client)
  )
