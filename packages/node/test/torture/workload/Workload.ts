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
  let lastClosed: Window | undefined
  let judged = 0
  let isOver = false
  const kept: Array<Window> = []

  const workers = yield* Effect.forEach(
    Array.from({ length: clients }, (_, at) => `c${at}`),
    (name) =>
      Worker.run({
        name,
        findings,
        tally,
        thinkMs,
        random: new Random(seed, name),
        window: () => current,
        isOver: () => isOver
      }).pipe(
        Effect.provide(
          Client.layer({ seeds: nodes }).pipe(
            Layer.provide(relayed(routes)),
            Layer.provide(DistriNode.layer)
          )
        ),
        Effect.orDie,
        Effect.forkScoped
      )
  )

  const close = Effect.fnUntraced(function* (window: Window) {
    lastClosed = window
    window.end()
    yield* Effect.promise(() => window.closed)
    yield* auditor.audit(window)
    judged += 1
    kept.push(window)
    const old = kept.length > keptMax ? kept.shift() : undefined
    if (old !== undefined) yield* auditor.forget(old)
  })

  const turn = Effect.gen(function* () {
    const startMs = performance.now()
    const window = current
    yield* Effect.repeat(Effect.sleep("200 millis"), {
      while: () => !isOver && performance.now() - startMs < windowMs && window.calls < callsMax
    })
    if (!isOver) current = new Window(window.number + 1)
    yield* close(window)
  })
  const turning = yield* Effect.forkScoped(Effect.repeat(turn, { while: () => !isOver }))

  return {
    /** Windows that were judged. */
    judged: () => judged,
    /**
     * All clients end, once they know what became of their last operation, and what is left is judged.
     * Returns the windows that are in the database.
     */
    finish: Effect.gen(function* () {
      isOver = true
      yield* Fiber.joinAll(workers)
      yield* Fiber.join(turning)
      if (lastClosed !== current) yield* close(current)
      return kept as ReadonlyArray<Window>
    })
  }
})
