/** Watches from afar, in rounds that any node can answer. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { NodeTable } from "../../cloud/NodeTable.ts"
import { type ResumeExpired, SlowConsumer, type WatchError } from "../../database/DatabaseError.ts"
import type { ChangeEvent, Documents, WatchSpec } from "../../database/Documents.ts"
import { fromStart } from "../../database/internal/watchStart.ts"
import { waitMaxMs, type WatchPoll, type WatchReply } from "../../database/WatchPoll.ts"
import type { Unavailable } from "../../log/ReplicatedLog.ts"
import { Watch } from "../../service/WatchService.ts"
import * as Address from "../../transport/Address.ts"
import type { CallError } from "../CallError.ts"
import type { CallOptions } from "../Client.ts"
import type { Call } from "./documents.ts"

type Failure = WatchError | CallError

/**
 * - `home`: the node that is asked and waits. Nobody, after it failed, or had nothing for a while:
 *   then placement chooses, so that watches move to nodes that joined and away from old ones.
 * - `failures`: one after the other, of homes and of all nodes that were asked.
 */
interface Position {
  readonly after: WatchPoll["after"]
  readonly home: Address.Address | undefined
  readonly failures: number
}

/** `Documents.watch` over `call`. `table` names the nodes that may remember more than others. */
export const watch = (
  call: Call,
  read: Documents<CallError>["read"],
  table: Pick<NodeTable["Service"], "nodes">
): Documents<CallError>["watch"] => {
  const round = makeRound(call, table)

  const follow = (spec: WatchSpec, after: WatchPoll["after"]) => {
    const given = typeof after === "string" ? after : undefined
    const start: Position = { after, home: undefined, failures: 0 }
    return Stream.paginate({ ...start, ready: given !== undefined }, ({ ready, ...position }) =>
      Effect.map(round(spec, position, given), ([{ events, start }, moved]) => {
        const news: ReadonlyArray<ChangeEvent> = ready
          ? events
          : [{ kind: "ready", token: start }, ...events]
        return [news, Option.some({ ...moved, ready: true })] as const
      })
    )
  }

  return (spec) => {
    const { from = "now" } = spec
    if (from === "now") return follow(spec, undefined)
    return from === "start"
      ? fromStart<CallError>(read, spec, (after) => follow(spec, after))
      : follow(spec, from)
  }
}

/** One answer, from whichever node, and the position after it. */
const makeRound = (call: Call, table: Pick<NodeTable["Service"], "nodes">) => {
  /** The answer of another node, if one has it. */
  const elsewhere = Effect.fnUntraced(function* (
    poll: WatchPoll,
    failure: ResumeExpired | Unavailable,
    given: string | undefined
  ): Effect.fn.Return<WatchReply, Failure> {
    let why = failure
    for (const { info, status } of SubscriptionRef.getUnsafe(table.nodes).values()) {
      const node = Address.parse(info.address)
      if (status === "down" || info.state !== "ready" || node._tag === "Failure") continue
      const options = { node: node.success, timeout: askMax } as const
      const answer = yield* Effect.result(call(Watch, poll, options))
      if (answer._tag === "Success") return answer.success
      if (answer.failure._tag === "ResumeExpired") why = older(why, answer.failure)
      else if (final.has(answer.failure._tag)) return yield* Effect.fail(answer.failure)
    }
    const { after } = poll
    // Who has read something was there when the rest was forgotten.
    const late = why._tag === "ResumeExpired" && typeof after === "string" && after !== given
    return yield* late ? new SlowConsumer({ resume: after }) : why
  })

  return Effect.fnUntraced(function* (
    { collection, filter }: WatchSpec,
    { after, ...position }: Position,
    given: string | undefined
  ): Effect.fn.Return<readonly [WatchReply, Position], Failure> {
    const poll: WatchPoll = {
      collection,
      ...(filter !== undefined && { filter }),
      ...(after !== undefined && { after })
    }
    let { failures, home } = position
    for (;;) {
      const asked: Effect.Effect<WatchReply, Failure> =
        home === undefined
          ? call(Watch, poll)
          : call(Watch, { ...poll, waitMs: waitMaxMs }, { ...waiting, node: home })
      const answer = yield* Effect.result(
        Effect.catchTag(asked, ["ResumeExpired", "Unavailable"], (failure) =>
          elsewhere(poll, failure, given)
        )
      )
      if (answer._tag === "Success") {
        const { events, node, token } = answer.success
        const idle = home !== undefined && events.length === 0
        if (home !== undefined || events.length > 0) failures = 0
        return [
          answer.success,
          { after: token, home: idle ? undefined : addressOf(node), failures }
        ]
      }
      const { failure } = answer
      // A call that was placed went elsewhere by itself for as long as there was hope.
      const hopeless = failure._tag === "Unavailable" ? failures >= failuresMax : home === undefined
      if (hopeless || final.has(failure._tag)) return yield* Effect.fail(failure)
      home = undefined
      yield* Effect.sleep(pauseMs(failures))
      failures++
    }
  })
}

/** The longest wait of a node, and the time of a call. */
const waiting: CallOptions = { timeout: waitMaxMs + 10_000 }
const askMax = "5 seconds"

/** The first time there is none: a node that stops said so, and another one has the answer. */
const pauseMs = (failures: number) => (failures === 0 ? 0 : Math.min(25 * 2 ** failures, 2000))

/** Pauses of about 30 s in all, as long as a call tries. */
const failuresMax = 20

/** What every node would say. */
const final: ReadonlySet<string> = new Set<WatchError["_tag"]>([
  "CollectionNotFound",
  "FilterError",
  "ResumeExpired",
  "ResumeInvalid",
  "SlowConsumer",
  "CollectionDropped"
])

const older = (a: ResumeExpired | Unavailable, b: ResumeExpired) =>
  a._tag === "ResumeExpired" && a.oldest <= b.oldest ? a : b

const addressOf = (node: string) => {
  const address = Address.parse(node)
  return address._tag === "Success" ? address.success : undefined
}
