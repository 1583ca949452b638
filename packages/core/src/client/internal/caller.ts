/**
 * Carries a call through its attempts, within its deadline. The rules are in `../pure/Attempts.ts`.
 */
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable } from "../../cloud/NodeTable.ts"
import { Placement } from "../../cloud/Placement.ts"
import type { NodeId } from "../../cloud/UpdateInfo.ts"
import type { Repeat } from "../../service/Access.ts"
import {
  DeadlineExceeded,
  type Refusal,
  ServiceNotFound,
  type VersionMismatch
} from "../../service/Refusal.ts"
import { CurrentRequest } from "../../service/RequestContext.ts"
import { InvalidPayload } from "../../service/ServiceBytes.ts"
import { nameMaxLength, paramsMaxLength, type RequestHead } from "../../service/Wire.ts"
import type { Address } from "../../transport/Address.ts"
import { type CallError, CloudUnreachable } from "../CallError.ts"
import type { Link, LinkReply } from "../Link.ts"
import { Links, type Unreachable } from "../Links.ts"
import * as Attempts from "../pure/Attempts.ts"
import * as RetryBudget from "../pure/RetryBudget.ts"
import * as Attempt from "./attempt.ts"

/** A call, by type or by bytes. */
export interface Call {
  readonly head: Pick<RequestHead, "service" | "mode" | "params" | "fingerprint">
  readonly body: Uint8Array
  /** Absent: the call is by name, and the nodes say. */
  readonly repeat?: Repeat
  readonly timeout?: Duration.Input
  readonly idempotencyKey?: string
  readonly node?: Address
}

/** A call under way. */
interface Running {
  readonly call: Call
  readonly service: string
  readonly startMs: number
  readonly deadlineMs: number
  key: string | undefined
}

const defaultTimeout = Duration.seconds(30)
const timeoutMaxMs = 600_000
/** A cloud that has never answered is not waited for as long as one that has. */
const unreachableMaxMs = 5000

export const make = Effect.gen(function* () {
  const links = yield* Links
  const table = yield* NodeTable
  const random = yield* SecureRandom.SecureRandom
  const clock = yield* Clock.Clock
  const budget = RetryBudget.make()
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  let seen = { log: "", version: 0 }
  let answered = false

  const attempt: SendTo = (link, { call: { body, head }, deadlineMs, key }) =>
    Effect.tap(
      Attempt.send(
        link,
        {
          ...head,
          size: body.length,
          remainingMs: Math.max(0, deadlineMs - nowMs()),
          log: seen.log,
          seen: seen.version,
          ...(key !== undefined && { idempotencyKey: key })
        },
        body
      ),
      ({ head: { load } }) =>
        Effect.sync(() => {
          seen = later(seen, load)
          answered = true
        })
    )
  const placed = yield* makePlaced(attempt, budget, nowMs, () => answered)

  const addressed = Effect.fnUntraced(function* (call: Running, node: Address) {
    const link = yield* Effect.mapError(links.to(node), (why) =>
      unreachable(call.service, [{ address: node, why }])
    )
    return yield* Effect.mapError(attempt(link, call), (failure) =>
      failure instanceof Attempt.Missed ? failure.error : failure
    )
  })

  const send = Effect.fnUntraced(function* (
    running: Running
  ): Effect.fn.Return<LinkReply, CallError> {
    const { call, service, startMs } = running
    const repeat = call.repeat ?? (yield* repeatOf(links, table, service))
    if (repeat === "keyed") running.key ??= yield* random.uuidV7()
    yield* checkHead(call.head, running.key)
    RetryBudget.called(budget, startMs)
    return yield* call.node === undefined ? placed(running, repeat) : addressed(running, call.node)
  })

  return {
    send: Effect.fnUntraced(function* (call: Call): Effect.fn.Return<LinkReply, CallError> {
      const { deadlineMs: parentMs } = yield* CurrentRequest
      const timeout = Duration.fromInputUnsafe(call.timeout ?? defaultTimeout)
      const startMs = nowMs()
      const timeoutMs = Math.min(Duration.toMillis(timeout), timeoutMaxMs, parentMs - startMs)
      const { service } = call.head
      const deadlineMs = startMs + timeoutMs
      const running: Running = { call, service, startMs, deadlineMs, key: call.idempotencyKey }
      return yield* Effect.timeoutOrElse(send(running), {
        duration: Math.max(0, timeoutMs),
        orElse: () => Effect.fail(late(running))
      })
    })
  }
})

const late = ({ key, service }: Running) =>
  new DeadlineExceeded({
    service,
    started: true,
    ...(key !== undefined && { idempotencyKey: key })
  })

/** Versions of two logs do not compare; the newer answer says which log counts now. */
const later = (
  seen: { readonly log: string; readonly version: number },
  { log, version }: { readonly log: string; readonly version: number }
) =>
  // A node that has not reached the writer yet does not know its log.
  log === ""
    ? seen
    : log === seen.log
      ? { log, version: Math.max(seen.version, version) }
      : { log, version }

type SendTo = (link: Link, call: Running) => Effect.Effect<LinkReply, Attempt.Missed | Refusal>

/** What no node would take, said without asking one. */
const checkHead = ({ params = [], service }: Call["head"], key: string | undefined) => {
  const issue =
    service.length > nameMaxLength || (key?.length ?? 0) > nameMaxLength
      ? `its name and its idempotency key have at most ${nameMaxLength} characters`
      : params.join("").length > paramsMaxLength
        ? `its parameters have at most ${paramsMaxLength} characters; put the rest into the data`
        : undefined
  return issue === undefined
    ? Effect.void
    : Effect.fail(new InvalidPayload({ service: service.slice(0, nameMaxLength), issue }))
}

/** Makes attempts until one is answered, or the rules say that there is no use. */
const makePlaced = Effect.fnUntraced(function* (
  attempt: SendTo,
  budget: RetryBudget.RetryBudget,
  nowMs: () => number,
  answered: () => boolean
) {
  const place = yield* makePlace
  return Effect.fnUntraced(function* (call: Running, repeat: Repeat) {
    let state = Attempts.initial(repeat)
    let last: CallError | undefined
    while (true) {
      const result = yield* Effect.result(
        place(call.service, state.exclude, (link) => attempt(link, call))
      )
      if (result._tag === "Success") return result.success
      if (!(result.failure instanceof Attempt.Missed)) return yield* Effect.fail(result.failure)
      const { error, node, outcome } = result.failure
      if (outcome._tag !== "NobodyLeft") last = error
      const graceMs = answered() ? Infinity : call.startMs + unreachableMaxMs
      const [next, decision] = Attempts.step(state, node, outcome, {
        remainingMs: Math.min(call.deadlineMs, graceMs) - nowMs(),
        random: yield* Random.next,
        spend: () => RetryBudget.spend(budget, nowMs())
      })
      state = next
      if (decision._tag === "GiveUp" || decision._tag === "Ambiguous") {
        return yield* Effect.fail(last ?? error)
      }
      if (decision._tag === "Wait") yield* Effect.sleep(decision.ms)
    }
  })
})

/**
 * Runs `use` with the connection to the node that placement picks, or fails with `NobodyLeft`.
 * When no connected node is left, one more is dialled.
 */
const makePlace = Effect.gen(function* () {
  const links = yield* Links
  const table = yield* NodeTable
  const placement = yield* Placement

  const probe = (service: string) => (node: NodeId) =>
    Effect.gen(function* () {
      const link = yield* Effect.fromNullishOr(links.connected().get(node))
      const load = yield* link.probe(service)
      return { load, meanMs: load.meanMs }
    })

  /** Interruptible but between `pick` and `done`, or a ticket would count for ever. */
  const once = (
    service: string,
    exclude: ReadonlySet<NodeId>,
    candidates: ReadonlySet<NodeId>,
    use: (link: Link) => Effect.Effect<LinkReply, Attempt.Missed | Refusal>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        if (candidates.size === 0) return undefined
        const ticket = yield* Effect.option(
          restore(placement.pick(service, { exclude, candidates, probe: probe(service) }))
        )
        if (ticket._tag === "None") return undefined
        const link = links.connected().get(ticket.value.node)
        if (link === undefined) {
          ticket.value.done({ _tag: "Refused" })
          return undefined
        }
        return yield* Attempt.tracked(ticket.value, restore(use(link)))
      })
    )

  return Effect.fnUntraced(function* (
    service: string,
    exclude: ReadonlySet<NodeId>,
    use: (link: Link) => Effect.Effect<LinkReply, Attempt.Missed | Refusal>
  ) {
    while (true) {
      const candidates = new Set(links.connected().keys())
      for (const node of exclude) candidates.delete(node)
      const reply = yield* once(service, exclude, candidates, use)
      if (reply !== undefined) return reply
      yield* Effect.mapError(links.another(exclude), (others) =>
        nobody(service, candidates, others, table)
      )
    }
  })
})

const missed = (error: CallError, final: boolean) =>
  new Attempt.Missed(undefined, { _tag: "NobodyLeft", final }, error)

/** Nobody is left. It is final when the reachable nodes lack the service, or speak another version. */
const nobody = (
  service: string,
  candidates: ReadonlySet<NodeId>,
  others: ReadonlyArray<Unreachable>,
  table: NodeTable["Service"]
): Attempt.Missed => {
  const views = SubscriptionRef.getUnsafe(table.nodes)
  const services = Array.from(candidates).flatMap((node) => views.get(node)?.info.services ?? [])
  const offered = [...new Set(services.map(({ name }) => name))]
  if (offered.length > 0 && !offered.includes(service)) {
    return missed(new ServiceNotFound({ service, offered }), true)
  }
  const error = unreachable(service, others)
  return missed(error, error._tag === "VersionMismatch")
}

/** What each address answered; when all speak another version, just that. */
const unreachable = (
  service: string,
  others: ReadonlyArray<Unreachable>
): CloudUnreachable | VersionMismatch => {
  const mismatch = others.find(({ why }) => why._tag === "VersionMismatch")?.why
  return mismatch?._tag === "VersionMismatch" &&
    others.every(({ why }) => why._tag === "VersionMismatch")
    ? mismatch
    : new CloudUnreachable({
        service,
        tried: others.map(({ address, why }) => ({ node: address, why: why.message }))
      })
}

/** What the nodes say of a service that is called by name. Asks one, when none is known yet. */
const repeatOf = Effect.fnUntraced(function* (
  links: Links["Service"],
  table: NodeTable["Service"],
  service: string
) {
  if (links.connected().size === 0) yield* Effect.ignore(links.another(new Set()))
  for (const { info } of SubscriptionRef.getUnsafe(table.nodes).values()) {
    for (const { name, repeat } of info.services) if (name === service) return repeat
  }
  return "once" as const
})
