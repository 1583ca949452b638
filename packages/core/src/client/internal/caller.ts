/**
 * Carries a call through its attempts, within its deadline. The rules are in `../pure/Attempts.ts`.
 */
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable } from "../../cloud/NodeTable.ts"
import { DeadlineExceeded } from "../../service/Refusal.ts"
import { CurrentRequest } from "../../service/RequestContext.ts"
import { InvalidPayload } from "../../service/ServiceBytes.ts"
import { nameMaxLength, paramsMaxLength } from "../../service/Wire.ts"
import type { Address } from "../../transport/Address.ts"
import type { CallError } from "../CallError.ts"
import { Links } from "../Links.ts"
import * as RetryBudget from "../pure/RetryBudget.ts"
import * as Seen from "../pure/Seen.ts"
import * as Attempt from "./attempt.ts"
import * as Placed from "./placed.ts"

const defaultTimeout = Duration.seconds(30)
const timeoutMaxMs = 600_000

export const make = Effect.gen(function* () {
  const links = yield* Links
  const table = yield* NodeTable
  const random = yield* SecureRandom.SecureRandom
  const clock = yield* Clock.Clock
  const budget = RetryBudget.make()
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  let seen = Seen.nothing

  const attempt: Attempt.SendTo = (link, running, mayLeave) => {
    const { call, deadlineMs, key } = running
    const { body, head } = call
    const sent = Attempt.send(
      link,
      {
        ...head,
        size: body.length,
        remainingMs: Math.max(0, deadlineMs - nowMs()),
        log: seen.log,
        seen: seen.version,
        ...(key !== undefined && { idempotencyKey: key })
      },
      body,
      mayLeave
    )
    return Effect.tap(Attempt.counted(running, sent), ({ head: { load } }) =>
      Effect.sync(() => (seen = Seen.later(seen, load, nowMs())))
    )
  }
  const placed = yield* Placed.make(attempt, budget, nowMs)

  const addressed = Effect.fnUntraced(function* (call: Attempt.Running, node: Address) {
    const link = yield* Effect.mapError(links.to(node), (why) =>
      Placed.unreachable(call.service, [{ address: node, why }])
    )
    // It has nowhere else to go, so it waits as long as the connection lasts.
    return yield* Effect.mapError(attempt(link, call), (failure) =>
      failure instanceof Attempt.Missed ? failure.error : failure
    )
  })

  const send = Effect.fnUntraced(function* (
    running: Attempt.Running
  ): Effect.fn.Return<Attempt.Answered, CallError> {
    const { call, service, startMs } = running
    const repeat = call.repeat ?? (yield* repeatOf(links, table, service))
    if (repeat === "keyed") running.key ??= yield* random.uuidV7()
    yield* checkHead(call.head, running.key)
    RetryBudget.called(budget, startMs)
    return yield* call.node === undefined ? placed(running, repeat) : addressed(running, call.node)
  })

  return {
    send: Effect.fnUntraced(function* (
      call: Attempt.Call
    ): Effect.fn.Return<Attempt.Answered, CallError> {
      const { deadlineMs: parentMs } = yield* CurrentRequest
      const timeout = Duration.fromInputUnsafe(call.timeout ?? defaultTimeout)
      const startMs = nowMs()
      const timeoutMs = Math.min(Duration.toMillis(timeout), timeoutMaxMs, parentMs - startMs)
      const { service } = call.head
      const deadlineMs = startMs + timeoutMs
      const key = call.idempotencyKey
      const running: Attempt.Running = { call, service, startMs, deadlineMs, key, sent: false }
      return yield* Effect.timeoutOrElse(send(running), {
        duration: Math.max(0, timeoutMs),
        orElse: () => Effect.fail(late(running))
      })
    })
  }
})

const late = ({ key, sent, service }: Attempt.Running) =>
  new DeadlineExceeded({
    service,
    started: sent,
    ...(key !== undefined && { idempotencyKey: key })
  })

/** What no node would take, said without asking one. */
const checkHead = ({ params = [], service }: Attempt.Call["head"], key: string | undefined) => {
  const issue =
    service.length > nameMaxLength || (key?.length ?? 0) > nameMaxLength
      ? `its name and its idempotency key have at most ${nameMaxLength} characters`
      : params.join("").length + params.length * 4 > paramsMaxLength
        ? `its parameters have at most ${paramsMaxLength} characters; put the rest into the data`
        : undefined
  return issue === undefined
    ? Effect.void
    : Effect.fail(new InvalidPayload({ service: service.slice(0, nameMaxLength), issue }))
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
