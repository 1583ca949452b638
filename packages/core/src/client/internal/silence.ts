/**
 * Notices a node that says nothing any more, while its connection stays open: its process stands
 * still, or the network drops what it sends.
 *
 * Any frame is a sign of life, and both rules ask for one before they decide. They count how often
 * they looked: after a pause of this process everybody has been silent for long, but what waits in
 * the socket is read before they look again.
 */
import * as Effect from "effect/Effect"
import type { Link } from "../Link.ts"
import type { PendingRequests } from "./pendingRequests.ts"

/** A node that is silent for this long, pings included, is gone. */
const silentMaxMs = 10_000
const pingEvery = "5 seconds"

/** Pings, and closes a connection that stays silent. */
export const end = (link: Link, silentMs: () => number, close: Effect.Effect<void>) =>
  Effect.gen(function* () {
    yield* Effect.forkChild(Effect.ignore(link.probe("")))
    yield* Effect.sleep(pingEvery)
    if (silentMs() < silentMaxMs) return
    yield* Effect.ignore(Effect.timeoutOption(link.probe(""), "1 second"))
    if (silentMs() >= silentMaxMs) yield* close
  }).pipe(Effect.forever)

const lookEveryMs = 1000
/** Of so many looks in a row the first asks for a sign, so a node has two seconds to give one. */
const looksMax = 3

/**
 * Lets go of what may be made again elsewhere, as soon as the node is silent for 3 s (CL26). The
 * connection stays, for a node that wakes up. Looks only while something may be let go.
 */
export const release = <E>(
  link: Link,
  pending: PendingRequests<E>,
  silentMs: () => number,
  error: E
) =>
  Effect.gen(function* () {
    yield* pending.leavable.await
    pending.leavable.closeUnsafe()
    let looks = 0
    yield* Effect.sleep(lookEveryMs)
    while (pending.hasLeavable) {
      looks = silentMs() < lookEveryMs ? 0 : looks + 1
      if (looks === 1) yield* Effect.forkChild(Effect.ignore(link.probe("")))
      if (looks >= looksMax) pending.failLeavable(error)
      yield* Effect.sleep(lookEveryMs)
    }
  }).pipe(Effect.forever)
