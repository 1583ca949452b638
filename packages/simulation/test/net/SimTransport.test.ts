/** The contract of all transports, on the simulated network: every test runs inside of a kernel. */
import { describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { addresses } from "../../../core/test/transport/contract/addresses.ts"
import { ends } from "../../../core/test/transport/contract/ends.ts"
import { frames } from "../../../core/test/transport/contract/frames.ts"
import { handlers } from "../../../core/test/transport/contract/handlers.ts"
import { RawNetwork, type Test } from "../../../core/test/transport/contract/harness.ts"
import { limits } from "../../../core/test/transport/contract/limits.ts"
import { SimProcess } from "../../src/kernel/SimProcess.ts"
import { dial } from "../../src/net/dial.ts"
import { drawNetProfile } from "../../src/net/NetProfile.ts"
import type { Place } from "../../src/net/SimConnection.ts"
import { SimNet } from "../../src/net/SimNet.ts"
import * as SimTransport from "../../src/net/SimTransport.ts"
import { Random } from "../../src/random/Random.ts"
import { makeKernel, valueOf } from "../kernel/kernel.ts"

/** A socket that says what no connection would say. */
const rawNetwork = (net: SimNet, place: Place) =>
  Layer.succeed(
    RawNetwork,
    RawNetwork.of({
      connect: Effect.fnUntraced(function* (address) {
        const socket = yield* Effect.orDie(dial(net, place, address))
        const pull = yield* Effect.orDie(Socket.readerBytes(socket))
        const writeScope = yield* Scope.make()
        const writer = yield* Scope.provide(socket.writer, writeScope)
        return {
          write: (bytes) => Effect.orDie(writer.write(bytes)),
          end: Scope.close(writeScope, Exit.void),
          cut: Effect.orDie(writer.write(new Socket.CloseEvent())),
          rest: Effect.gen(function* () {
            const bytes: Array<number> = []
            yield* pull.pipe(
              Effect.map((chunks) => chunks.forEach((chunk) => bytes.push(...chunk))),
              Effect.forever,
              Effect.ignore
            )
            return Uint8Array.from(bytes)
          })
        }
      })
    })
  )

/** To adjust the clock of a test is to let simulated time pass. */
const adjustable = <A, E, R>(body: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.provideService(body, Clock.Clock, { ...clock, adjust: clock.sleep } as Clock.Clock)
  )

const inKernel =
  (seed: number): Test =>
  (title, body, limited = Layer.empty) =>
    it(`${title} (seed ${seed})`, () => {
      const kernel = makeKernel({ interleave: seed })
      const net = new SimNet(kernel, seed, drawNetProfile(new Random(seed, "profile")))
      const host = net.addHost("n1", "127.0.0.1")
      const place = { host, process: new SimProcess(kernel, "n1", 1) }
      const platform = Layer.mergeAll(SimTransport.layer(net, place), rawNetwork(net, place))
      const program = adjustable(body).pipe(
        Effect.provide(Layer.provide(platform, limited)),
        Effect.scoped,
        Effect.orDie
      )
      valueOf(kernel, program, place.process)
    }, 60_000)

describe.each([1, 2, 3])("the simulated network keeps the contract of a transport", (seed) => {
  const test = inKernel(seed)
  describe("frames", () => frames(test))
  describe("limits", () => limits(test))
  describe("ends", () => ends(test))
  describe("handlers and scopes", () => handlers(test))
  describe("addresses", () => addresses(test))
})
