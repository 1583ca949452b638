/** The clients of a tortured cloud, and the judges of what they saw. */
import { Client } from "@distri/core/client/Client"
import type { Address } from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Random } from "../../../../simulation/src/random/Random.ts"
import * as DistriNode from "../../../src/DistriNode.ts"
import type { Findings } from "../Findings.ts"
import { layer as relayed, type Routes } from "../relay/RelayedTransport.ts"
import type { Auditor } from "./Auditor.ts"
import { Counters, Registers, Tokens } from "./collections.ts"
import type { Tally } from "./Tally.ts"
import { Window } from "./Window.ts"
import * as Worker from "./Worker.ts"

export interface Options {
  /** Connected directly. */
  readonly client: Client["Service"]
  readonly auditor: Auditor
  readonly findings: Findings
  readonly tally: Tally
  readonly seed: number
  readonly clients: number
  readonly thinkMs: number
  readonly nodes: ReadonlyArray<Address>
  /** What the clients dial instead. */
  readonly routes: Routes
}

const windowMs = 20_000
/** Or so many operations. */
const callsMax = 5_000
/** So many windows that are over are still in the database. */
const keptMax = 3

/** Creates what clients need, once there is a cloud. */
const createAll = (client: Client["Service"]) =>
  Effect.forEach(
    [Registers, Counters, Tokens],
    (collection) => client.collection(collection as typeof Registers).create,
    { discard: true }
  ).pipe(Effect.retry(Schedule.spaced("500 millis")), Effect.orDie)

/** Starts the clients. They end with the scope, or by `finish`. */
export const start = Effect.fnUntraced(function* (options: Options) {
  const { auditor, client, clients, findings, nodes, routes, seed, tally, thinkMs } = options
  yield* createAll(client)
  tally.begin()
  let current = new Window(0)
  const over: Array<Window> = []
  let judged = 0

  const workers = yield* Effect.forEach(
    Array.from({ length: clients }, (_, at) => `c${at}`),
    (name) =>
      Worker.run({
        name,
        findings,
        tally,
        thinkMs,
        random: new Random(seed, name),
        window: () => current
      }).pipe(
        Effect.provide(
          Client.layer({ seeds: nodes }).pipe(
            Layer.provide(relayed(routes)),
            Layer.provide(DistriNode.layer)
          )
        ),
        Effect.forkScoped
      )
  )

  const close = Effect.fnUntraced(function* (window: Window) {
    window.end()
    yield* Effect.promise(() => window.closed)
    yield* auditor.audit(window)
    judged += 1
    over.push(window)
    const old = over.length > keptMax ? over.shift() : undefined
    if (old !== undefined) yield* auditor.forget(old)
  })

  /** One after the other, so that `over` stays in order. */
  const turn = Effect.gen(function* () {
    const startMs = performance.now()
    const window = current
    yield* Effect.repeat(Effect.sleep("500 millis"), {
      while: () => performance.now() - startMs < windowMs && window.calls < callsMax
    })
    current = new Window(window.number + 1)
    yield* close(window)
  })
  const turning = yield* Effect.forkScoped(Effect.forever(turn))

  return {
    /** Windows that were judged. */
    judged: () => judged,
    /** All clients end, and what is left is judged. Returns the windows that are in the database. */
    finish: Effect.gen(function* () {
      yield* Fiber.interruptAll(workers)
      yield* Fiber.interrupt(turning)
      if (!over.some(({ number }) => number === current.number - 1) && current.number > 0) {
        // It was closing when it was interrupted; what it misses is judged by the counts.
      }
      yield* close(current)
      return over as ReadonlyArray<Window>
    })
  }
})
