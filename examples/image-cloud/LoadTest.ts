/**
 * Runs many clients against a cloud at once, each with connections of its own.
 *
 * Clients start one after the other, a few milliseconds apart: thousands of connections in one
 * moment would measure the accept queue of the operating system.
 */
import { type Address, Client } from "@distri/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
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

const startEveryMs = 3

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

  const client = (index: number) =>
    Effect.sync(() => running++).pipe(
      Effect.andThen(load.client(tally, index)),
      // Local, or the clients would share the parts of the layer that are the same for all.
      Effect.provide(Client.layer({ seeds })),
      Effect.ensuring(Effect.sync(() => running--)),
      Effect.delay(index * startEveryMs)
    )
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
