/** Checks that a cloud is well again once nothing goes wrong any more. */
import type { Client } from "@distri/core/client/Client"
import { GetDocument } from "@distri/core/service/DatabaseServices"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Cloud, Member } from "./Cloud.ts"
import type { Findings } from "./Findings.ts"
import type { WallClock } from "./WallClock.ts"
import type { Auditor } from "./workload/Auditor.ts"
import { Registers } from "./workload/collections.ts"
import type { Window } from "./workload/Window.ts"

export interface Options {
  readonly cloud: Cloud
  /** Those that should be there. */
  readonly nodes: ReadonlyArray<Member>
  /** Connected directly. */
  readonly client: Client["Service"]
  readonly findings: Findings
  readonly tell: (line: string) => void
  readonly clocks: ReadonlyMap<string, WallClock>
}

/** To start the process of a node, on a busy machine, and to copy what it has not. */
const startMax = "90 seconds"
/** From then on, until all serve; and until all have the same. */
const healMax = "20 seconds"

const within = <A>(
  { findings }: Options,
  duration: "90 seconds" | "20 seconds",
  what: string,
  work: Effect.Effect<A>
) =>
  Effect.timeoutOrElse(Effect.asVoid(work), {
    duration,
    orElse: () => Effect.sync(() => findings.add("heal", `${what} within ${duration}`))
  })

/** Starts what is away, and waits until every node serves. Returns how long that took, in ms. */
export const heal = Effect.fnUntraced(function* (options: Options) {
  const { client, clocks, cloud, nodes, tell } = options
  yield* Effect.forEach(clocks.values(), (clock) => clock.set(0), { discard: true })
  const start = ({ name }: Member) =>
    within(
      options,
      startMax,
      `${name} was not ready`,
      Effect.andThen(cloud.start(name), cloud.ready(name))
    )
  yield* Effect.forEach(nodes, start, { concurrency: "unbounded", discard: true })
  const startMs = performance.now()
  const value = Math.floor(startMs)
  const write = client
    .collection(Registers)
    .update("healed", { set: { value } }, { upsert: true, timeout: "2 seconds" })
  const read = ({ address }: Member) =>
    client
      .call(
        GetDocument,
        { collection: Registers.collection, id: "healed" },
        { node: address, timeout: "2 seconds" }
      )
      .pipe(
        Effect.filterOrFail(({ found }) => found?.document["value"] === value),
        Effect.retry(Schedule.spaced("100 millis"))
      )
  const serving = Effect.retry(write, Schedule.spaced("100 millis")).pipe(
    Effect.andThen(Effect.forEach(nodes, read, { concurrency: "unbounded" })),
    Effect.orDie
  )
  yield* within(options, healMax, "not all nodes served", serving)
  const healedMs = performance.now() - startMs
  tell(`all nodes serve after ${(healedMs / 1000).toFixed(1)} s`)
  return healedMs
})

/** All nodes come to have the same, and what was acknowledged is among it. */
export const agree = Effect.fnUntraced(function* (
  options: Options & { readonly auditor: Auditor; readonly windows: ReadonlyArray<Window> }
) {
  const { auditor, cloud, findings, nodes, windows } = options
  let seen = ""
  const same = Effect.map(cloud.stats, (all) => {
    const states = nodes.map(({ name }) => all.get(name))
    seen = nodes
      .map(({ name }, at) => `${name} ${states[at]?.digest} at ${states[at]?.version}`)
      .join(", ")
    const [first] = states
    return states.every(
      (one) => one !== undefined && one.version === first?.version && one.digest === first.digest
    )
  })
  const agreed = Effect.repeat(Effect.delay(same, "200 millis"), { until: (holds) => holds }).pipe(
    Effect.as(true),
    Effect.timeoutOrElse({ duration: healMax, orElse: () => Effect.succeed(false) })
  )
  if (!(yield* agreed)) findings.add("digest", `nodes do not have the same: ${seen}`)
  for (const { address, name } of nodes) {
    for (const window of windows) yield* auditor.auditNode(window, name, address)
  }
})
