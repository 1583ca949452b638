/**
 * Runs many clients against a cloud at once, each with connections of its own.
 *
 * A client comes in when few others are still connecting: thousands of handshakes in one moment
 * would measure how long this one process takes for them.
 */
import { type Address, Client } from "@distri/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Nodes from "./Nodes.ts"
import { Screen } from "./Screen.ts"
import { Tally } from "./Tally.ts"

export interface Load<R> {
  /** What the clients do, for the progress line: `encrypt`. */
  readonly title: string
  readonly clients: number
  readonly tasksEach: number
  /** Everything one client does. It counts its tasks itself. */
  readonly client: (tally: Tally, client: number) => Effect.Effect<void, never, R>
}

export interface Outcome {
  readonly tally: Tally
  readonly seconds: number
  /** What the nodes did meanwhile. */
  readonly work: Nodes.Work
}

/** Clients that connect at the same time. */
const connectingMax = 64

/** Ends when the client has heard of a node; without one, its first task says why. */
const connected = Effect.flatMap(Client, ({ nodes }) =>
  nodes.pipe(
    Stream.filter((views) => views.size > 0),
    Stream.runHead,
    Effect.timeoutOption("10 seconds")
  )
)

/** Runs the load on the cloud at `seeds`. Never fails because a task did. */
export const run = Effect.fnUntraced(function* <R>(
  load: Load<R | Client>,
  seeds: ReadonlyArray<Address.Address>
) {
  const screen = yield* Screen
  const tally = new Tally(load.clients * load.tasksEach)
  let running = 0
  const line = () =>
    `${load.title}: ${tally.ended} of ${tally.tasks} tasks, ${tally.ended - tally.done} failed, ${running} clients`

  const door = yield* Semaphore.make(connectingMax)
  const enter = door.withPermit(
    Effect.tap(Layer.build(Client.layer({ seeds })), (context) =>
      Effect.provide(connected, context)
    )
  )
  const client = (index: number) =>
    Effect.gen(function* () {
      const context = yield* enter
      running++
      yield* Effect.provide(load.client(tally, index), context)
    }).pipe(Effect.scoped, Effect.ensuring(Effect.sync(() => running--)))
  const before = yield* Nodes.reports(seeds)
  const start = yield* Clock.monotonicTimeNanos
  yield* screen.progress(
    line,
    Effect.forEach(Array.from({ length: load.clients }).keys(), client, {
      concurrency: "unbounded",
      discard: true
    })
  )
  const seconds = Number((yield* Clock.monotonicTimeNanos) - start) / 1e9
  const work = Nodes.workSince(before, yield* Nodes.reports(seeds))
  return { tally, seconds, work } satisfies Outcome as Outcome
})
