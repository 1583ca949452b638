/**
 * The requests that a node has taken: carries out what `Admission` decides about them.
 *
 * A request that starts gets a fiber, which runs the handler, tells the machine that it ended,
 * sends the answer, and only then gives back what the request held.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Identity, PeerIdentity } from "../Access.ts"
import type { Answer, Endpoint } from "../Endpoint.ts"
import * as Admission from "../pure/Admission.ts"
import * as Histogram from "../pure/Histogram.ts"
import { DeadlineExceeded, Draining, type Refusal, ServiceFailed } from "../Refusal.ts"
import { CurrentRequest } from "../RequestContext.ts"
import type { LoadHead, RequestHead } from "../Wire.ts"

/** How a request is answered. Fails when nobody is there any more. */
export type Respond = (answer: Answer, load: LoadHead) => Effect.Effect<void, unknown>

/** A request that was taken. */
export interface Taken {
  readonly endpoint: Endpoint
  readonly identity: Identity
  readonly head: RequestHead
  readonly respond: Respond
  readonly deadlineMs: number
}

interface Entry extends Taken {
  body: Uint8Array
  fiber: Fiber.Fiber<void> | undefined
  interruption: Admission.Interruption | undefined
}

export interface Environment {
  readonly node: string
  readonly state: Admission.State
  readonly nowMs: () => number
  readonly load: (service: string) => Effect.Effect<LoadHead>
  /** Handler times, by service. */
  readonly times: ReadonlyMap<string, Histogram.Histogram>
  readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

export class RequestTable {
  readonly #environment: Environment
  readonly #entries = new Map<number, Entry>()
  readonly #commands: Array<Admission.Command> = []
  #obeying = false

  constructor(environment: Environment) {
    this.#environment = environment
  }

  add(id: number, taken: Taken): void {
    this.#entries.set(id, { ...taken, body: nothing, fiber: undefined, interruption: undefined })
  }

  start(id: number, body: Uint8Array): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry.body = body
    const { nowMs, state } = this.#environment
    this.obey(Admission.uploaded(state, id, nowMs()))
  }

  cancel(id: number): void {
    this.obey(Admission.cancelled(this.#environment.state, id))
    // A request that runs is forgotten by its fiber.
    if (this.#entries.get(id)?.fiber === undefined) this.#entries.delete(id)
  }

  /**
   * Carries out commands, in order. A handler may end before `fork` returns, and so start the next
   * one of its lane: what comes meanwhile waits here, or a long queue would overflow the stack.
   */
  obey(commands: ReadonlyArray<Admission.Command>): void {
    this.#commands.push(...commands)
    if (this.#obeying) return
    this.#obeying = true
    try {
      for (let next = this.#commands.shift(); next !== undefined; next = this.#commands.shift()) {
        this.#obey(next)
      }
    } finally {
      this.#obeying = false
    }
  }

  get interruptAll(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Fiber.interruptAll(Array.from(this.#entries.values()).flatMap(({ fiber }) => fiber ?? []))
    )
  }

  #obey(command: Admission.Command): void {
    const entry = this.#entries.get(command.id)
    if (entry === undefined) return
    const { fork, node } = this.#environment
    switch (command._tag) {
      case "Start": {
        entry.fiber = fork(this.#serve(command.id, entry))
        return
      }
      case "Interrupt": {
        entry.interruption = command.why
        entry.fiber?.interruptUnsafe()
        return
      }
      case "Answer": {
        this.#entries.delete(command.id)
        const refusal =
          command.why === "Draining" ? new Draining({ node }) : expired(entry.head, false)
        fork(this.#respond(entry, refused(refusal)))
        return
      }
    }
  }

  #serve(id: number, entry: Entry): Effect.Effect<void> {
    const { nowMs, state, times } = this.#environment
    const { deadlineMs, endpoint, head, identity } = entry
    const run = Effect.provideService(endpoint.run(head, entry.body), CurrentRequest, {
      idempotencyKey: head.idempotencyKey,
      seen: head.seen,
      log: head.log,
      deadlineMs
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const startedMs = nowMs()
        const exit = yield* Effect.exit(restore(run))
        entry.body = nothing
        const endedMs = nowMs()
        const ok = exit._tag === "Success" && !isBroken(exit.value)
        if (ok && !endpoint.traits.waits)
          Histogram.record(times.get(endpoint.name)!, endedMs - startedMs)
        const answer = exit._tag === "Success" ? exit.value : undefined
        const replyBytes = answer !== undefined && "body" in answer ? answer.body.length : 0
        this.obey(Admission.finished(state, id, ok, endedMs, replyBytes))
        yield* this.#finish(entry, answer)
        this.#entries.delete(id)
        Admission.released(state, id)
      })
    ).pipe(Effect.provideService(PeerIdentity, identity))
  }

  /** Who was cancelled or stopped gets no answer: the caller has gone, or the connection goes. */
  #finish(entry: Entry, answer: Answer | undefined): Effect.Effect<void> {
    const { head, interruption } = entry
    if (interruption === "cancelled") return Effect.void
    if (answer !== undefined) return this.#respond(entry, answer)
    if (interruption === "deadline") return this.#respond(entry, refused(expired(head, true)))
    if (interruption === "stopped") return Effect.void
    const { node } = this.#environment
    if (interruption === "draining") return this.#respond(entry, refused(new Draining({ node })))
    // It interrupted itself; to its caller that is no different from breaking.
    const failed = new ServiceFailed({ service: head.service, node, reference: "interrupted" })
    return this.#respond(entry, refused(failed))
  }

  #respond({ endpoint, respond }: Entry, answer: Answer): Effect.Effect<void> {
    return Effect.flatMap(this.#environment.load(endpoint.name), (load) =>
      Effect.ignore(respond(answer, load))
    )
  }
}

/** The answer to a request whose time is over. */
export const expired = ({ idempotencyKey, service }: RequestHead, started: boolean) =>
  new DeadlineExceeded({
    service,
    started,
    ...(idempotencyKey !== undefined && { idempotencyKey })
  })

const nothing = new Uint8Array()

const refused = (refusal: Refusal): Answer => ({ outcome: "refused", refusal })

const isBroken = (answer: Answer) =>
  answer.outcome === "refused" && answer.refusal._tag === "ServiceFailed"
