/**
 * Judges whether a node takes a request. The order of the checks is part of the rule: what a caller
 * can do least about comes first.
 */
import type { Overloaded } from "../Refusal.ts"
import { accountOf, type Lane, type State } from "./AdmissionState.ts"

export interface Arrival {
  readonly id: number
  readonly connection: number
  /** Another node of the cloud; it is trusted with more than a stranger. */
  readonly trusted: boolean
  readonly service: string
  /** Length of the body. */
  readonly bytes: number
  readonly remainingMs: number
  readonly nowMs: number
  readonly heapRatio: number
  readonly eventLoopP99Ms: number
}

export type Verdict =
  | { readonly _tag: "Accepted" }
  | {
      readonly _tag: "Refused"
      readonly why: "Draining" | "NotReady" | "BodyTooLarge" | "DeadlineExceeded"
    }
  | {
      readonly _tag: "Overloaded"
      readonly reason: Overloaded["reason"]
      readonly retryAfterMs: number
    }

export const accepted: Verdict = { _tag: "Accepted" }
const retryMinMs = 50
const retryMaxMs = 5000
/** Nobody knows when a request that waits for something to happen makes room. */
const retryWaitsMs = 1000

/** What a service that is always answered takes at most: from strangers, and from nodes. */
const strangerLimits = { bytes: 4096, requests: 64 }
const nodeLimits = { bytes: 2 * 1024 * 1024, requests: 4096 }

/** Always answered does not mean without limit: it must not hold memory either. */
const judgeAlways = (state: State, lane: Lane, arrival: Arrival): Verdict => {
  const limits = arrival.trusted ? nodeLimits : strangerLimits
  if (arrival.bytes > limits.bytes) return { _tag: "Refused", why: "BodyTooLarge" }
  const { requests } = accountOf(state, lane, arrival.connection)
  return requests >= limits.requests
    ? { _tag: "Overloaded", reason: "connection", retryAfterMs: retryMinMs }
    : accepted
}

export const judge = (state: State, lane: Lane, arrival: Arrival): Verdict =>
  lane.counted ? judgeCounted(state, lane, arrival) : judgeAlways(state, lane, arrival)

const judgeCounted = (state: State, lane: Lane, arrival: Arrival): Verdict => {
  const { limits } = state
  if (state.mode === "draining" || state.mode === "stopped") {
    return { _tag: "Refused", why: "Draining" }
  }
  if (state.mode === "starting") return { _tag: "Refused", why: "NotReady" }
  if (arrival.bytes > Math.min(limits.bodyBytesMax, lane.bodyBytesMax))
    return { _tag: "Refused", why: "BodyTooLarge" }
  if (arrival.remainingMs <= 0) return { _tag: "Refused", why: "DeadlineExceeded" }
  const waitMs = (lane.queue.length * lane.meanMs) / lane.concurrency
  const overloaded = (reason: Overloaded["reason"]): Verdict => ({
    _tag: "Overloaded",
    reason,
    retryAfterMs: lane.waits ? retryWaitsMs : Math.min(Math.max(waitMs, retryMinMs), retryMaxMs)
  })
  const { bytes, requests } = accountOf(state, lane, arrival.connection)
  if (
    requests >= (lane.waits ? limits.connectionWaitsMax : limits.connectionMax) ||
    (requests > 0 && bytes + arrival.bytes > limits.connectionBytesMax)
  ) {
    return overloaded("connection")
  }
  if (
    state.heldBytes + state.replyBytes + arrival.bytes > limits.heldBytesMax ||
    arrival.heapRatio > limits.heapRatioMax
  ) {
    return overloaded("memory")
  }
  if (arrival.eventLoopP99Ms > limits.eventLoopMaxMs) return overloaded("eventLoop")
  const mustWait = lane.running >= lane.concurrency
  // Behind those that wait for something to happen nobody queues: one that only asks what has
  // happened would starve there.
  const queueMax = lane.waits ? 0 : limits.queueMax
  if ((mustWait && lane.queue.length >= queueMax) || state.queued >= limits.waitingMax) {
    return overloaded("queue")
  }
  return waitMs > arrival.remainingMs ? overloaded("deadline") : accepted
}
