/**
 * Makes the attempts of a placed call, one after the other. The rules are in `../pure/Attempts.ts`.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable } from "../../cloud/NodeTable.ts"
import { NoNodeAvailable, Placement } from "../../cloud/Placement.ts"
import type { NodeId } from "../../cloud/UpdateInfo.ts"
import type { Repeat } from "../../service/Access.ts"
import { type Refusal, ServiceNotFound, type VersionMismatch } from "../../service/Refusal.ts"
import { type CallError, CloudUnreachable } from "../CallError.ts"
import type { Link, LinkReply } from "../Link.ts"
import { isWrite } from "../../service/DatabaseServices.ts"
import * as Address from "../../transport/Address.ts"
import { Links, type Unreachable } from "../Links.ts"
import * as Attempts from "../pure/Attempts.ts"
import * as RetryBudget from "../pure/RetryBudget.ts"
import * as Attempt from "./attempt.ts"

/** Where nothing was ever there, nothing is waited for as long as for a cloud that is busy. */
const unreachableMaxMs = 5000

/** Makes attempts until one is answered, or the rules say that there is no use. */
export const make = Effect.fnUntraced(function* (
  attempt: Attempt.SendTo,
  budget: RetryBudget.RetryBudget,
  nowMs: () => number
) {
  const { hasChoice, isReached, place } = yield* makePlace
  return Effect.fnUntraced(function* (
    call: Attempt.Running,
    repeat: Repeat
  ): Effect.fn.Return<Attempt.Answered, CallError> {
    let state = Attempts.initial(repeat)
    let last: CallError | undefined
    // Once an attempt may have run, no later refusal says that the call did not start.
    let unknown: CallError | undefined
    while (true) {
      // Who has nowhere else to go waits for a node that only pauses.
      const mayLeave = Attempts.leavesSilent(state) ? hasChoice : undefined
      const result = yield* Effect.result(
        place(call.service, state.exclude, (link) => attempt(link, call, mayLeave))
      )
      if (result._tag === "Success") return { ...result.success, doubt: unknown }
      const { failure } = result
      if (!(failure instanceof Attempt.Missed)) {
        const ran = failure._tag === "ServiceFailed"
        return yield* Effect.fail(ran ? failure : (unknown ?? failure))
      }
      const { error, node, outcome } = failure
      if (outcome._tag === "Unknown") unknown ??= error
      if (outcome._tag !== "NobodyLeft") last = error
      const graceMs = isReached() ? Infinity : call.startMs + unreachableMaxMs
      const [next, decision] = Attempts.step(state, node, outcome, {
        remainingMs: Math.min(call.deadlineMs, graceMs) - nowMs(),
        random: yield* Random.next,
        spend: () => RetryBudget.spend(budget, nowMs())
      })
      state = next
      if (decision._tag === "GiveUp" || decision._tag === "Ambiguous") {
        return yield* Effect.fail(unknown ?? last ?? error)
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
  const scope = yield* Effect.scope
  /** Some node was connected once, or took a connection and was too busy to speak. */
  let reached = false

  const probe = (service: string) => (node: NodeId) =>
    Effect.gen(function* () {
      const link = yield* Effect.fromNullishOr(links.connected().get(node))
      const load = yield* link.probe(service)
      return { load, meanMs: load.meanMs }
    })

  /**
   * The reply, or why placement took none of `candidates`. Interruptible but between `pick` and
   * `done`, or a ticket would count for ever.
   */
  const once = (
    service: string,
    exclude: ReadonlySet<NodeId>,
    candidates: ReadonlySet<NodeId>,
    use: (link: Link) => Effect.Effect<LinkReply, Attempt.Missed | Refusal>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const picked = yield* Effect.result(
          restore(placement.pick(service, { exclude, candidates, probe: probe(service) }))
        )
        if (picked._tag === "Failure") return picked.failure
        const ticket = picked.success
        const link = links.connected().get(ticket.node)
        if (link === undefined) {
          ticket.done({ _tag: "Refused" })
          return new NoNodeAvailable({ service, tried: [] })
        }
        return yield* Attempt.tracked(ticket, restore(use(link)))
      })
    )

  const place = Effect.fnUntraced(function* (
    service: string,
    exclude: ReadonlySet<NodeId>,
    use: (link: Link) => Effect.Effect<LinkReply, Attempt.Missed | Refusal>
  ) {
    while (true) {
      const candidates = new Set(links.connected().keys())
      reached ||= candidates.size > 0
      const leader = isWrite(service) ? leaderOf(table, exclude) : undefined
      if (leader !== undefined && candidates.has(leader.node)) {
        const reply = yield* once(service, exclude, new Set([leader.node]), use)
        if (!(reply instanceof NoNodeAvailable)) return reply
      } else if (leader !== undefined && Address.is(leader.address)) {
        // The next write goes there; this one does not wait for the connection.
        yield* Effect.forkIn(Effect.ignore(links.to(leader.address)), scope)
      }
      const reply = yield* once(service, exclude, candidates, use)
      if (!(reply instanceof NoNodeAvailable)) return reply
      yield* Effect.mapError(links.another(exclude), (others) => {
        reached ||= others.some(({ why }) => why._tag !== "DialFailed")
        for (const node of exclude) candidates.delete(node)
        return nobody(reply, candidates, others, table)
      })
    }
  })
  const hasChoice = () => {
    let ready = 0
    for (const { info, status } of SubscriptionRef.getUnsafe(table.nodes).values())
      if (status === "up" && info.state === "ready" && ++ready > 1) return true
    return false
  }
  return { hasChoice, place, isReached: () => reached }
})

/** A write goes to who leads the log, as far as anybody knows; any other node would forward it. */
const leaderOf = (table: NodeTable["Service"], exclude: ReadonlySet<NodeId>) => {
  for (const { info, status } of SubscriptionRef.getUnsafe(table.nodes).values()) {
    const { address, node, role, state } = info
    const leads = role === "leader" && state === "ready" && status === "up"
    if (leads && !exclude.has(node)) return { node, address }
  }
  return undefined
}

/**
 * Nobody is left, as placement says of those that are connected, and the other addresses of theirs.
 * It is final when the reachable nodes lack the service, or speak another version.
 */
const nobody = (
  { retryAfterMs, service, tried }: NoNodeAvailable,
  candidates: ReadonlySet<NodeId>,
  others: ReadonlyArray<Unreachable>,
  table: NodeTable["Service"]
): Attempt.Missed => {
  const views = SubscriptionRef.getUnsafe(table.nodes)
  const services = Array.from(candidates).flatMap((node) => views.get(node)?.info.services ?? [])
  const offered = [...new Set(services.map(({ name }) => name))]
  if (offered.length > 0 && !offered.includes(service)) {
    return missed(new ServiceNotFound({ service, offered }), { final: true })
  }
  const error = unreachable(service, others)
  if (candidates.size === 0 && error._tag === "VersionMismatch")
    return missed(error, { final: true })
  // What an address answered says more of its node than that it is not connected.
  const dialled = new Set<string>(others.map(({ address }) => address))
  const placed = tried.filter(({ node }) => !dialled.has(views.get(node)?.info.address ?? ""))
  return missed(new CloudUnreachable({ service, tried: [...placed, ...answers(others)] }), {
    final: false,
    ...(retryAfterMs !== undefined && { retryAfterMs })
  })
}

const missed = (
  error: CallError,
  outcome: { readonly final: boolean; readonly retryAfterMs?: number }
) => new Attempt.Missed(undefined, { _tag: "NobodyLeft", ...outcome }, error)

/** What each address answered; when all speak another version, just that. */
export const unreachable = (
  service: string,
  others: ReadonlyArray<Unreachable>
): CloudUnreachable | VersionMismatch => {
  const mismatch = others.find(({ why }) => why._tag === "VersionMismatch")?.why
  return mismatch?._tag === "VersionMismatch" &&
    others.every(({ why }) => why._tag === "VersionMismatch")
    ? mismatch
    : new CloudUnreachable({ service, tried: answers(others) })
}

const answers = (others: ReadonlyArray<Unreachable>): CloudUnreachable["tried"] =>
  others.map(({ address, why }) => ({ node: address, why: why.message }))
