/** Two machines and the network between them, for tests of what goes wrong on it. */
import * as Address from "@distri/core/transport/Address"
import { type Connection, Transport } from "@distri/core/transport/Transport"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Context from "effect/Context"
import { SimProcess } from "../../src/kernel/SimProcess.ts"
import type { NetProfile } from "../../src/net/NetProfile.ts"
import { SimNet } from "../../src/net/SimNet.ts"
import * as SimTransport from "../../src/net/SimTransport.ts"
import { makeKernel } from "../kernel/kernel.ts"

/** Every packet takes 10 ms. */
const profile: NetProfile = {
  delayMinMs: 10,
  delayMaxMs: 10,
  lossRatio: 0,
  resendMs: 0,
  splitRatio: 0,
  giveUpMinMs: 5_000,
  giveUpMaxMs: 5_000
}

export const server = Address.Address.make("127.0.0.2:7400")

export const makeTwo = (seed = 1, changes: Partial<NetProfile> = {}) => {
  const kernel = makeKernel({ interleave: seed })
  const net = new SimNet(kernel, seed, { ...profile, ...changes })
  const hosts = { left: net.addHost("left", "127.0.0.1"), right: net.addHost("right", "127.0.0.2") }
  let lives = 0
  const run = <A, E>(
    name: keyof typeof hosts,
    program: Effect.Effect<A, E, Transport>
  ): { readonly process: SimProcess; readonly fiber: Fiber.Fiber<A, E> } => {
    const place = { host: hosts[name], process: new SimProcess(kernel, name, ++lives) }
    const layer = SimTransport.layer(net, place)
    const fiber = place.process.start(Effect.provide(program, layer), Context.empty())
    return { process: place.process, fiber }
  }
  /** Dials from the left, and does something with the connection. */
  const dial = <A, E>(use: (connection: Connection) => Effect.Effect<A, E>) =>
    run(
      "left",
      Effect.scoped(
        Effect.flatMap(
          Effect.flatMap(Transport, (transport) => transport.dial(server)),
          use
        )
      )
    )
  /** Listens on the right, and does something with each connection. */
  const serve = (use: (connection: Connection) => Effect.Effect<void, unknown>) =>
    run(
      "right",
      Effect.gen(function* () {
        const transport = yield* Transport
        const listener = yield* transport.listen(server)
        return yield* listener.run(use)
      }).pipe(Effect.scoped)
    )
  return { kernel, net, hosts, run, dial, serve, there: net.link("left", "right") }
}

/** What a program came to so far. */
export const outcome = (fiber: Fiber.Fiber<unknown, { readonly message: string }>): string => {
  const exit = fiber.pollUnsafe()
  if (exit === undefined) return "waits"
  return exit._tag === "Success" ? String(exit.value) : String(exit.cause.reasons.map(textOf))
}

const textOf = (reason: { readonly _tag: string; readonly error?: { readonly message: string } }) =>
  reason.error?.message ?? reason._tag

export const text = (frame: Uint8Array): string => new TextDecoder().decode(frame)
export const bytes = (of: string): Uint8Array => new TextEncoder().encode(of)

/** Sends a word, and gives the first answer. */
export const ask = (word: string) => (connection: Connection) =>
  Effect.andThen(
    connection.send(bytes(word)),
    Effect.map(connection.receive, (frames) => text(frames[0]))
  )

/** Answers each word with the same one. */
export const echo = (connection: Connection) =>
  Effect.forever(
    Effect.flatMap(connection.receive, (frames) =>
      Effect.forEach(frames, (frame) => connection.send(frame))
    )
  )
