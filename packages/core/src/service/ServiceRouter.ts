/**
 * Serves all services of a node: admits, runs and answers requests.
 *
 * The rules are in `pure/Admission.ts`. This module is its shell: it turns frames, clock ticks and
 * ends of handlers into events, and carries out what the machine decides. Every request runs in a
 * fiber of its own, which also sends the answer.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcGroup from "effect/rpc/RpcGroup"
import { Load } from "../cloud/Load.ts"
import type { ServiceInfo } from "../cloud/UpdateInfo.ts"
import { Halt } from "../Halt.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Arrive from "./internal/arrive.ts"
import { RequestTable } from "./internal/requestTable.ts"
import * as Admission from "./pure/Admission.ts"
import * as Histogram from "./pure/Histogram.ts"
import type * as Service from "./Service.ts"
import type { LoadHead } from "./Wire.ts"

/** Who asks, how an answer goes back, and how a request is taken. @category models */
export type { Arrive, Caller } from "./internal/arrive.ts"
export type { Respond } from "./internal/requestTable.ts"

/** Where requests stand, for Stats. @category models */
export interface Standing {
  readonly counters: Readonly<Admission.Counters>
  readonly queued: number
  readonly running: number
  /** Those of `running` that only wait for something to happen: they are no load. */
  readonly waiting: number
  readonly services: ReadonlyArray<{
    readonly name: string
    readonly completed: number
    readonly p50Ms: number
    readonly p99Ms: number
  }>
}

/**
 * Limits of admission. Each field of `Admission.Limits` says its unit and default.
 *
 * @category configuration
 * @since 0.1.0
 */
export const ServiceLimits = Context.Reference<Admission.Limits>(
  "@distri/core/service/ServiceLimits",
  { defaultValue: () => Admission.defaultLimits }
)

/**
 * Which version of which log this node's database has. A reply tells its caller, so that the
 * caller's next read, on any node, waits until that node has it too.
 *
 * @category references
 * @since 0.1.0
 */
export const DatabaseVersion = Context.Reference<
  Effect.Effect<{ readonly log: string; readonly version: number }>
>("@distri/core/service/DatabaseVersion", {
  defaultValue: () => Effect.succeed({ log: "", version: 0 })
})

/**
 * @category services
 * @since 0.1.0
 */
export class ServiceRouter extends Context.Service<
  ServiceRouter,
  {
    /**
     * Takes or refuses a request by its head. A taken one holds its bytes until it is answered;
     * `start` runs it once its body is here.
     */
    readonly arrive: Arrive.Arrive
    readonly start: (id: number, body: Uint8Array) => void
    /** A part of the body has come. An upload that stands still is ended. */
    readonly progress: (id: number) => void
    /** The caller has gone. Nothing it caused goes on running (CL13). */
    readonly cancel: (id: number) => void
    readonly load: (service: string) => Effect.Effect<LoadHead>
    readonly services: () => ReadonlyArray<ServiceInfo>
    readonly standing: () => Standing
    /** From now on requests are taken. */
    readonly open: Effect.Effect<void>
    /** Takes no more requests, and hands back those that wait. */
    readonly drain: Effect.Effect<void>
    /** Ends when no request runs and every answer has left. */
    readonly idle: Effect.Effect<void>
    /** Interrupts what still runs. */
    readonly stop: Effect.Effect<void>
  }
>()("@distri/core/service/ServiceRouter") {
  /**
   * Serves the services of `group`. `node` names this node in refusals. Requires a handler for
   * each service: `TheService.toLayer(handler)`, or the group's `toLayer`.
   */
  static readonly layer = <Rpcs extends Rpc.Any>(
    group: RpcGroup.RpcGroup<Rpcs>,
    node: string
  ): Layer.Layer<
    ServiceRouter,
    never,
    Rpc.ToHandler<Rpcs> | Halt | Load | SecureRandom.SecureRandom
  > => Layer.effect(ServiceRouter, make(group.requests, node))
}

const make = Effect.fnUntraced(function* (services: ReadonlyMap<string, Rpc.Any>, node: string) {
  const halt = yield* Halt
  const loadOfNode = yield* Load
  const random = yield* SecureRandom.SecureRandom
  const version = yield* DatabaseVersion
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const fork = Effect.runForkWith(context)

  const endpoints = new Map(
    Array.from(services, ([name, service]) => [
      name,
      Endpoint.make(service as Service.Any, node, context, random)
    ])
  )
  const state = Admission.make(lanes(endpoints, loadOfNode.cores), yield* ServiceLimits)
  const times = new Map(Array.from(endpoints.keys(), (name) => [name, Histogram.make()]))
  const load = (service: string) =>
    Effect.map(version, (version) => loadOf(state, service, version))
  const table = new RequestTable({
    node,
    state,
    nowMs,
    load,
    times,
    fork: (effect) => fork(halt.guard(effect))
  })
  yield* Effect.addFinalizer(() => table.interruptAll)

  const hasRequests = Latch.makeUnsafe(false)
  yield* Effect.andThen(hasRequests.await, () => {
    table.obey(Admission.tick(state, nowMs()))
    if (state.tickets.size === 0) hasRequests.closeUnsafe()
    return Effect.sleep(deadlineCheckEvery)
  }).pipe(Effect.forever({ disableYield: true }), halt.guard, Effect.forkScoped)
  let pressure = yield* loadOfNode.sample
  yield* loadOfNode.sample.pipe(
    Effect.flatMap((sample) => {
      pressure = sample
      return Effect.sleep(pressureCheckEvery)
    }),
    Effect.forever({ disableYield: true }),
    Effect.forkScoped
  )
  const arrive = Arrive.make({ node, state, endpoints, table, nowMs, pressure: () => pressure })

  return ServiceRouter.of({
    arrive: (...request) => {
      hasRequests.openUnsafe()
      return arrive(...request)
    },
    progress: (id) => Admission.progressed(state, id, nowMs()),
    start: (id, body) => table.start(id, body),
    cancel: (id) => table.cancel(id),
    load,
    services: () =>
      Arrive.offered(endpoints).map(({ fingerprint, name, traits: { repeat } }) => ({
        name,
        fingerprint,
        repeat,
        meanMs: state.lanes.get(name)?.meanMs ?? 0
      })),
    standing: () => standing(state, times),
    open: Effect.sync(() => Admission.open(state)),
    drain: Effect.sync(() => table.obey(Admission.drain(state))),
    idle: idle(state),
    stop: Effect.sync(() => table.obey(Admission.stop(state)))
  })
})

const lanes = (endpoints: ReadonlyMap<string, Endpoint.Endpoint>, cores: number) =>
  Array.from(
    endpoints.values(),
    ({ name, traits: { always, bodyBytesMax, concurrency, waits } }) => ({
      service: name,
      concurrency: concurrency === "cores" ? cores : concurrency,
      counted: !always,
      waits,
      bodyBytesMax
    })
  )

const deadlineCheckEvery = "25 millis"
const pressureCheckEvery = "250 millis"

const idle = (state: Admission.State) =>
  Effect.sync(() => Admission.isIdle(state)).pipe(
    Effect.repeat({ until: (idle) => idle, schedule: Schedule.spaced("10 millis") }),
    Effect.asVoid
  )

const loadOf = (
  { lanes, queued, running, waiting }: Admission.State,
  service: string,
  version: Pick<LoadHead, "log" | "version">
): LoadHead => ({
  inFlight: running - waiting,
  queued,
  meanMs: lanes.get(service)?.meanMs ?? 0,
  ...version
})

const standing = (
  { counters, lanes, queued, running, waiting }: Admission.State,
  times: ReadonlyMap<string, Histogram.Histogram>
): Standing => ({
  counters,
  queued,
  running,
  waiting,
  services: Array.from(lanes.values())
    .filter(({ counted }) => counted)
    .map(({ completed, service }) => ({
      name: service,
      completed,
      p50Ms: Histogram.percentile(times.get(service)!, 0.5),
      p99Ms: Histogram.percentile(times.get(service)!, 0.99)
    }))
})
