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
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcGroup from "effect/rpc/RpcGroup"
import { Load } from "../cloud/Load.ts"
import type { ServiceInfo } from "../cloud/UpdateInfo.ts"
import { Halt } from "../Halt.ts"
import { type Identity, PeerIdentity } from "./Access.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Admission from "./pure/Admission.ts"
import * as Histogram from "./pure/Histogram.ts"
import {
  BodyTooLarge,
  DeadlineExceeded,
  Draining,
  NotAuthorized,
  NotReady,
  Overloaded,
  type Refusal,
  ServiceNotFound,
  VersionMismatch
} from "./Refusal.ts"
import { CurrentRequest } from "./RequestContext.ts"
import type * as Service from "./Service.ts"
import type { LoadHead, RequestHead } from "./Wire.ts"

/** How a request is answered. Fails when nobody is there any more. @category models */
export type Respond = (answer: Endpoint.Answer, load: LoadHead) => Effect.Effect<void, unknown>

/**
 * @category models
 * @since 0.1.0
 */
export interface Caller {
  /** Names the connection; each has a limit of requests in flight. */
  readonly connection: number
  readonly identity: Identity
}

/** Where requests stand, for Stats. @category models */
export interface Standing {
  readonly counters: Readonly<Admission.Counters>
  readonly queued: number
  readonly running: number
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
 * The database version that a reply tells its caller, so that the caller's next read, on any node,
 * waits until it has it.
 *
 * @category references
 * @since 0.1.0
 */
export const ReplyVersion = Context.Reference<Effect.Effect<number>>(
  "@distri/core/service/ReplyVersion",
  { defaultValue: () => Effect.succeed(0) }
)

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
    readonly arrive: (
      caller: Caller,
      head: RequestHead,
      respond: Respond
    ) => { readonly id: number } | { readonly refusal: Refusal }
    readonly start: (id: number, body: Uint8Array) => void
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

interface Entry {
  readonly endpoint: Endpoint.Endpoint
  readonly caller: Caller
  readonly head: RequestHead
  readonly respond: Respond
  readonly deadlineMs: number
  body: Uint8Array
  fiber: Fiber.Fiber<void> | undefined
  interruption: Admission.Interruption | undefined
}

const make = Effect.fnUntraced(function* (services: ReadonlyMap<string, Rpc.Any>, node: string) {
  const halt = yield* Halt
  const loadOfNode = yield* Load
  const random = yield* SecureRandom.SecureRandom
  const replyVersion = yield* ReplyVersion
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

  const endpoints = new Map<string, Endpoint.Endpoint>()
  for (const service of services.values()) {
    const endpoint = Endpoint.make(service as Service.Any, node, context, random)
    endpoints.set(endpoint.name, endpoint)
  }
  const offered = Array.from(endpoints.values())
    .filter(({ traits }) => traits.access !== "internal")
    .map(({ name }) => name)
  const state = Admission.make(
    Array.from(endpoints.values(), ({ name, traits }) => ({
      service: name,
      concurrency: traits.concurrency === "cores" ? loadOfNode.cores : traits.concurrency,
      counted: !traits.always
    })),
    yield* ServiceLimits
  )
  const times = new Map(Array.from(endpoints.keys(), (name) => [name, Histogram.make()]))
  const entries = new Map<number, Entry>()
  let lastId = 0
  let pressure = { heapRatio: 0, eventLoopP99Ms: 0 }

  const loadHead = (service: string) =>
    Effect.map(replyVersion, (version): LoadHead => ({
      inFlight: state.running,
      queued: state.queued,
      meanMs: state.lanes.get(service)?.meanMs ?? 0,
      version
    }))

  const respond = (entry: Entry, answer: Endpoint.Answer) =>
    Effect.flatMap(loadHead(entry.endpoint.name), (load) =>
      Effect.ignore(entry.respond(answer, load))
    )

  const serve = (id: number, entry: Entry) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const startedMs = nowMs()
        const exit = yield* Effect.exit(restore(entry.endpoint.run(entry.head, entry.body)))
        entry.body = nothing
        const endedMs = nowMs()
        const ok = exit._tag === "Success" && !isBroken(exit.value)
        if (ok) Histogram.record(times.get(entry.endpoint.name)!, endedMs - startedMs)
        dispatch(() => Admission.finished(state, id, ok, endedMs))
        if (exit._tag === "Success") yield* respond(entry, exit.value)
        else if (entry.interruption === "deadline") {
          yield* respond(entry, refused(expired(entry, true)))
        }
        entries.delete(id)
        Admission.released(state, id)
      })
    ).pipe(
      Effect.provideService(PeerIdentity, entry.caller.identity),
      Effect.provideService(CurrentRequest, {
        idempotencyKey: entry.head.idempotencyKey,
        seen: entry.head.seen,
        deadlineMs: entry.deadlineMs
      }),
      halt.guard
    )

  const fork = Effect.runForkWith(context)

  const obey = (command: Admission.Command) => {
    const entry = entries.get(command.id)
    if (entry === undefined) return
    switch (command._tag) {
      case "Start": {
        entry.fiber = fork(serve(command.id, entry))
        return
      }
      case "Interrupt": {
        entry.interruption = command.why
        entry.fiber?.interruptUnsafe()
        return
      }
      case "Answer": {
        entries.delete(command.id)
        const refusal = command.why === "Draining" ? new Draining({ node }) : expired(entry, false)
        fork(respond(entry, refused(refusal)))
        return
      }
    }
  }

  const dispatch = (step: () => ReadonlyArray<Admission.Command>) => {
    for (const command of step()) obey(command)
  }

  const refuse = (refusal: Refusal) => {
    Admission.refused(state, refusal._tag)
    return { refusal }
  }

  const arrive: ServiceRouter["Service"]["arrive"] = (caller, head, respond) => {
    const endpoint = endpoints.get(head.service)
    if (endpoint === undefined) {
      return refuse(new ServiceNotFound({ service: head.service, offered }))
    }
    if (endpoint.traits.access === "internal" && caller.identity._tag !== "Node") {
      const reason = "this service is for nodes of the cloud only"
      return refuse(new NotAuthorized({ service: head.service, reason }))
    }
    if (head.fingerprint !== undefined && head.fingerprint !== endpoint.fingerprint) {
      const what = `the schema of ${head.service}`
      return refuse(
        new VersionMismatch({ what, ours: endpoint.fingerprint, theirs: head.fingerprint })
      )
    }
    const id = ++lastId
    const arrivedMs = nowMs()
    const verdict = Admission.arrive(state, {
      id,
      connection: caller.connection,
      service: head.service,
      bytes: head.size,
      remainingMs: head.remainingMs,
      nowMs: arrivedMs,
      ...pressure
    })
    if (verdict._tag !== "Accepted") {
      return { refusal: toRefusal(verdict, head, node, state) }
    }
    entries.set(id, {
      endpoint,
      caller,
      head,
      respond,
      deadlineMs: arrivedMs + head.remainingMs,
      body: nothing,
      fiber: undefined,
      interruption: undefined
    })
    return { id }
  }

  yield* Effect.sync(() => dispatch(() => Admission.tick(state, nowMs()))).pipe(
    Effect.repeat(Schedule.spaced("25 millis")),
    halt.guard,
    Effect.forkScoped
  )
  yield* loadOfNode.sample.pipe(
    Effect.map((sample) => (pressure = sample)),
    Effect.repeat(Schedule.spaced("250 millis")),
    Effect.forkScoped
  )
  yield* Effect.addFinalizer(() =>
    Fiber.interruptAll(Array.from(entries.values()).flatMap(({ fiber }) => fiber ?? []))
  )

  return ServiceRouter.of({
    arrive,
    start: (id, body) => {
      const entry = entries.get(id)
      if (entry === undefined) return
      entry.body = body
      dispatch(() => Admission.uploaded(state, id, nowMs()))
    },
    cancel: (id) => {
      dispatch(() => Admission.cancelled(state, id))
      if (entries.get(id)?.fiber === undefined) entries.delete(id)
    },
    load: loadHead,
    services: () =>
      Array.from(endpoints.values())
        .filter(({ traits }) => traits.access !== "internal")
        .map(({ fingerprint, name, traits }) => ({
          name,
          fingerprint,
          repeat: traits.repeat,
          meanMs: state.lanes.get(name)?.meanMs ?? 0
        })),
    standing: () => ({
      counters: state.counters,
      queued: state.queued,
      running: state.running,
      services: Array.from(times, ([name, histogram]) => ({
        name,
        completed: state.lanes.get(name)?.completed ?? 0,
        p50Ms: Histogram.percentile(histogram, 0.5),
        p99Ms: Histogram.percentile(histogram, 0.99)
      }))
    }),
    open: Effect.sync(() => Admission.open(state)),
    drain: Effect.sync(() => dispatch(() => Admission.drain(state))),
    idle: Effect.sync(() => state.running === 0 && state.heldBytes === 0).pipe(
      Effect.repeat({ until: (idle) => idle, schedule: Schedule.spaced("10 millis") }),
      Effect.asVoid
    ),
    stop: Effect.sync(() => dispatch(() => Admission.stop(state)))
  })
})

const nothing = new Uint8Array()

const refused = (refusal: Refusal): Endpoint.Answer => ({ outcome: "refused", refusal })

const isBroken = (answer: Endpoint.Answer) =>
  answer.outcome === "refused" && answer.refusal._tag === "ServiceFailed"

const expired = ({ head }: Pick<Entry, "head">, started: boolean) =>
  new DeadlineExceeded({
    service: head.service,
    started,
    ...(head.idempotencyKey !== undefined && { idempotencyKey: head.idempotencyKey })
  })

const toRefusal = (
  verdict: Exclude<Admission.Verdict, { readonly _tag: "Accepted" }>,
  head: RequestHead,
  node: string,
  { limits, mode }: Admission.State
): Refusal => {
  if (verdict._tag === "Overloaded") return new Overloaded(verdict)
  switch (verdict.why) {
    case "Draining":
      return new Draining({ node })
    case "NotReady":
      return new NotReady({ node, state: mode })
    case "BodyTooLarge":
      return new BodyTooLarge({ bytes: head.size, maxBytes: limits.bodyBytesMax })
    case "DeadlineExceeded":
      return expired({ head }, false)
  }
}
