import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { State } from "@distri/store/state/State"
import { CurrentBreaks } from "../../log/raft/Breaks.ts"
import { ReplicatedLog, Unavailable } from "../../log/ReplicatedLog.ts"
import { CurrentRequest } from "../../service/RequestContext.ts"
import type { ReadOptions } from "../Documents.ts"
import { isPassing, patience } from "./patience.ts"
import type * as Replica from "./replica.ts"

/** What a session or a watch stands on at this node. */
export interface Footing {
  /** The log that is applied here. */
  readonly log: string
  /** The highest version in it that the caller has seen. */
  readonly seen: number
}

/** Makes `copy` as new as a read asks for. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>
) {
  const log = yield* ReplicatedLog
  const { readLocally } = yield* CurrentBreaks
  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  let followed: string | undefined
  /** What was acknowledged by then, on the monotonic clock, is applied here. */
  let freshMs = -Infinity

  const barrier = Effect.gen(function* () {
    yield* copy.running
    const askedMs = nowMs()
    const index = yield* log.barrier
    yield* copy.applied(index)
    freshMs = Math.max(freshMs, askedMs)
    return index
  })

  /** Makes sure that this node has what was acknowledged in the log as it is now. */
  const confirmed = Effect.andThen(barrier, () =>
    followed === undefined ? log.identity : Effect.succeed(followed)
  ).pipe(
    Effect.tap((id) => Effect.sync(() => (followed = id))),
    Effect.timeoutOrElse({ duration: confirmMax, orElse: () => joining }),
    // Without a leader nobody knows whether its log is still the one that is followed here.
    Effect.catchIf(
      ({ reason }) => reason === "NoLeader",
      () => joining
    )
  )
  // A node asks the leader, which may be gone by the time somebody reads.
  yield* confirmed.pipe(
    Effect.retry(Schedule.spaced("200 millis")),
    Effect.ignore,
    Effect.forkScoped
  )

  /**
   * Fails on a copy that has stopped, or that never caught up: what somebody has seen elsewhere is
   * missing there for good, or for nobody knows how long.
   *
   * A caller may have seen another log than the one followed here: the cloud's last life, or its
   * next one, of which this node has not heard yet. Only the leader knows.
   */
  const footing: Effect.Effect<Footing, Unavailable> = Effect.gen(function* () {
    yield* copy.running
    const { log: theirs, seen } = yield* CurrentRequest
    if (followed === undefined || (theirs !== "" && theirs !== followed)) {
      const id = yield* confirmed
      return { log: id, seen: theirs === "" || theirs === id ? seen : 0 }
    }
    return { log: followed, seen }
  })

  /** Fails once it is known that the log has not come as far, so that nobody can have seen it. */
  const refuted = (seen: number) =>
    Effect.orElseSucceed(log.barrier, () => Infinity).pipe(
      Effect.delay(doubtAfter),
      Effect.flatMap((last) => (last < seen ? behind : Effect.never))
    )

  /** Waits for what the caller has seen, of which it may say any number. */
  const reached = (seen: number) =>
    copy.current().index >= seen ? Effect.void : Effect.raceFirst(copy.applied(seen), refuted(seen))

  /** The state that a read with these options may see, as of the moment when it is asked for. */
  const stateFor = ({
    consistency = "linearizable",
    maxLag = maxLagDefault,
    timeout = "10 seconds"
  }: ReadOptions): Effect.Effect<State, Unavailable> =>
    Effect.suspend(() => {
      if (consistency === "local") return copy.state
      if (consistency === "linearizable" && readLocally === true) return copy.state
      const isFresh = consistency === "bounded" && nowMs() - freshMs <= Duration.toMillis(maxLag)
      if (isFresh) return Effect.andThen(copy.running, copy.state)
      const wait: Effect.Effect<unknown, Unavailable> =
        consistency === "linearizable" || consistency === "bounded"
          ? Effect.retry(barrier, { while: isPassing, schedule: patience(timeout) })
          : Effect.flatMap(footing, ({ seen }) => reached(seen))
      return Effect.timeoutOrElse(Effect.andThen(wait, copy.state), {
        duration: timeout,
        orElse: () => behind
      })
    })

  return { barrier, confirmed, footing, followed: () => followed, stateFor }
})

const maxLagDefault = "5 seconds"

/** How long to ask before the request is better off at another node. */
const confirmMax = "1 second"

/** A node that follows its log has by then what its callers have seen elsewhere. */
const doubtAfter = "200 millis"

const behind = Effect.fail(new Unavailable({ reason: "Behind" }))

const joining = Effect.fail(new Unavailable({ reason: "Joining" }))
