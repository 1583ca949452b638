/**
 * Decides which requests a node takes, when each starts, and what every other one is told.
 *
 *            refused                handed back, expired, cancelled
 *               ^                               ^
 *   arrive -----+--> uploading --> queued ------+--> running --> finished
 *
 * Pure: no clock, no I/O. Time arrives as `nowMs`. Each service is a lane with its own queue and
 * its own number of running handlers, so one service cannot starve another. Lanes are served first
 * come, first served; a request that is too old to matter never starts. The counters of Stats live
 * here, because the law that ties them together is this machine's invariant (CL21).
 *
 * **Gotchas**
 *
 * The state is mutable and must not leave its owner: this is the node's hot path.
 */
import { invariant } from "../../invariant.ts"
import type { Refusal } from "../Refusal.ts"
import { book, checkInvariants, type Lane, type State, type Ticket } from "./AdmissionState.ts"
import { type Arrival, judge, type Verdict } from "./Verdict.ts"

export * from "./AdmissionState.ts"
export { type Arrival, type Verdict } from "./Verdict.ts"

export type Interruption = "deadline" | "cancelled" | "stopped" | "draining"

/** What the caller must do, in order. */
export type Command =
  | { readonly _tag: "Start"; readonly id: number }
  /** Interrupt the handler, then say `finished`. */
  | { readonly _tag: "Interrupt"; readonly id: number; readonly why: Interruption }
  /** Answer a request that has not started. */
  | { readonly _tag: "Answer"; readonly id: number; readonly why: "Draining" | "DeadlineExceeded" }

/** Counts a request that was refused before it came to a lane: unknown service, not authorized. */
export const refused = (state: State, why: Refusal["_tag"]): void => {
  state.counters.received++
  countRefusal(state, why)
  checkInvariants(state)
}

/**
 * A request's head has arrived. When it is accepted, its bytes are reserved; it starts after
 * `uploaded`. When not, nothing is held and no handler runs (CL9).
 */
export const arrive = (state: State, arrival: Arrival): Verdict => {
  const lane = state.lanes.get(arrival.service)
  invariant(lane !== undefined, "CL1: a request comes only to a service that this node offers")
  invariant(!state.tickets.has(arrival.id), "CL8: a request's id is used once")
  const verdict = judge(state, lane, arrival)
  if (lane.counted) state.counters.received++
  if (verdict._tag !== "Accepted") {
    if (lane.counted) {
      countRefusal(state, verdict._tag === "Overloaded" ? "Overloaded" : verdict.why)
    }
    checkInvariants(state)
    return verdict
  }
  if (lane.counted) {
    state.counters.accepted++
    state.queued++
    state.heldBytes += arrival.bytes
  }
  const deadlineMs = arrival.nowMs + arrival.remainingMs
  const ticket: Ticket = {
    id: arrival.id,
    connection: arrival.connection,
    lane,
    bytes: arrival.bytes,
    deadlineMs,
    dueMs: Math.min(deadlineMs, arrival.nowMs + state.limits.uploadIdleMs),
    phase: "uploading",
    startedMs: 0,
    replyBytes: 0,
    ending: undefined
  }
  state.earliestDueMs = Math.min(state.earliestDueMs, ticket.dueMs)
  book(state, ticket, 1)
  state.tickets.set(arrival.id, ticket)
  checkInvariants(state)
  return verdict
}

/** A part of the body has come: the upload does not stand still. */
export const progressed = (state: State, id: number, nowMs: number): void => {
  const ticket = state.tickets.get(id)
  if (ticket?.phase !== "uploading") return
  ticket.dueMs = Math.min(ticket.deadlineMs, nowMs + state.limits.uploadIdleMs)
}

/** The whole body is here: the request starts, or waits for its turn. */
export const uploaded = (state: State, id: number, nowMs: number): ReadonlyArray<Command> => {
  const ticket = state.tickets.get(id)
  if (ticket === undefined || ticket.phase !== "uploading") return none
  ticket.phase = "queued"
  ticket.dueMs = ticket.deadlineMs
  ticket.lane.queue.push(ticket)
  const commands: Array<Command> = []
  startNext(state, ticket.lane, nowMs, commands)
  checkInvariants(state)
  return commands
}

/**
 * A handler has ended. `ok`: with a result or a typed error, of `replyBytes` bytes. The next one of
 * its lane starts.
 */
export const finished = (
  state: State,
  id: number,
  ok: boolean,
  nowMs: number,
  replyBytes = 0
): ReadonlyArray<Command> => {
  const ticket = state.tickets.get(id)
  invariant(ticket?.phase === "running", "CL8: only a running request finishes, and only once")
  const lane = ticket.lane
  const tookMs = nowMs - ticket.startedMs
  ticket.phase = "replying"
  ticket.replyBytes = replyBytes
  state.replyBytes += replyBytes
  lane.running--
  if (ok && ticket.ending === undefined) {
    lane.completed++
    if (!lane.waits)
      lane.meanMs = lane.meanMs === 0 ? tookMs : lane.meanMs + (tookMs - lane.meanMs) / 20
  }
  if (lane.counted) {
    state.running--
    if (lane.waits) state.waiting--
    const outcome = ticket.ending ?? (ok ? "completed" : "failed")
    state.counters[outcome]++
    if (outcome === "completed" && !lane.waits) state.counters.taskTimeMs += tookMs
  }
  const commands: Array<Command> = []
  startNext(state, lane, nowMs, commands)
  checkInvariants(state)
  return commands
}

/** The answer has left, or nobody waits for it: what the request held is free. */
export const released = (state: State, id: number): void => {
  const ticket = state.tickets.get(id)
  if (ticket === undefined) return
  invariant(ticket.phase === "replying", "CL10: a request holds its memory until it is answered")
  forget(state, ticket)
}

/** The caller has gone or has interrupted the call. */
export const cancelled = (state: State, id: number): ReadonlyArray<Command> => {
  const ticket = state.tickets.get(id)
  if (ticket === undefined || ticket.ending !== undefined) return none
  if (ticket.phase === "running") {
    ticket.ending = "cancelled"
    return [{ _tag: "Interrupt", id, why: "cancelled" }]
  }
  if (ticket.phase === "replying") return none
  dismiss(state, ticket, "cancelled")
  checkInvariants(state)
  return none
}

/** Ends what has run out of time: waiting requests are answered, running handlers interrupted. */
export const tick = (state: State, nowMs: number): ReadonlyArray<Command> => {
  if (nowMs < state.earliestDueMs) return none
  const commands: Array<Command> = []
  let earliest = Infinity
  for (const ticket of state.tickets.values()) {
    if (ticket.phase === "replying" || ticket.ending !== undefined) continue
    if (ticket.dueMs > nowMs) {
      earliest = Math.min(earliest, ticket.dueMs)
    } else if (ticket.phase === "running") {
      ticket.ending = "failed"
      commands.push({ _tag: "Interrupt", id: ticket.id, why: "deadline" })
    } else {
      dismiss(state, ticket, "failed")
      commands.push({ _tag: "Answer", id: ticket.id, why: "DeadlineExceeded" })
    }
  }
  state.earliestDueMs = earliest
  checkInvariants(state)
  return commands
}

/** The node is ready for requests. */
export const open = (state: State): void => {
  state.mode = "ready"
}

/**
 * Takes nothing new, and hands back what has not started (CL18), or only waits for something to
 * happen. Internal services go on: other nodes need them until the end.
 */
export const drain = (state: State): ReadonlyArray<Command> => {
  state.mode = "draining"
  const commands: Array<Command> = []
  for (const ticket of state.tickets.values()) {
    if (!ticket.lane.counted || ticket.phase === "replying") continue
    if (ticket.phase === "running") {
      if (!ticket.lane.waits || ticket.ending !== undefined) continue
      ticket.ending = "handedBack"
      commands.push({ _tag: "Interrupt", id: ticket.id, why: "draining" })
      continue
    }
    dismiss(state, ticket, "handedBack")
    commands.push({ _tag: "Answer", id: ticket.id, why: "Draining" })
  }
  checkInvariants(state)
  return commands
}

/** Whether everything that was taken is answered, and every answer has left. */
export const isIdle = (state: State): boolean => {
  for (const { lane } of state.tickets.values()) if (lane.counted) return false
  return true
}

/** Interrupts every counted handler that still runs: the last resort of a drain. */
export const stop = (state: State): ReadonlyArray<Command> => {
  state.mode = "stopped"
  const commands: Array<Command> = []
  for (const ticket of state.tickets.values()) {
    if (!ticket.lane.counted || ticket.phase !== "running" || ticket.ending !== undefined) continue
    ticket.ending = "failed"
    commands.push({ _tag: "Interrupt", id: ticket.id, why: "stopped" })
  }
  return commands
}

const none: ReadonlyArray<Command> = []

const startNext = (state: State, lane: Lane, nowMs: number, commands: Array<Command>): void => {
  while (lane.running < lane.concurrency) {
    const ticket = lane.queue.shift()
    if (ticket === undefined) return
    if (ticket.deadlineMs <= nowMs) {
      removeWaiting(state, ticket, "failed")
      commands.push({ _tag: "Answer", id: ticket.id, why: "DeadlineExceeded" })
      continue
    }
    ticket.phase = "running"
    ticket.startedMs = nowMs
    lane.running++
    if (lane.counted) {
      state.queued--
      state.running++
      if (lane.waits) state.waiting++
    }
    commands.push({ _tag: "Start", id: ticket.id })
  }
}

type Ended = "failed" | "cancelled" | "handedBack"

/** Ends a request that has not started. */
const dismiss = (state: State, ticket: Ticket, outcome: Ended): void => {
  const at = ticket.lane.queue.indexOf(ticket)
  if (at >= 0) ticket.lane.queue.splice(at, 1)
  removeWaiting(state, ticket, outcome)
}

const removeWaiting = (state: State, ticket: Ticket, outcome: Ended): void => {
  if (ticket.lane.counted) {
    state.queued--
    state.counters[outcome]++
  }
  forget(state, ticket)
}

const forget = (state: State, ticket: Ticket): void => {
  state.tickets.delete(ticket.id)
  if (ticket.lane.counted) state.heldBytes -= ticket.bytes
  state.replyBytes -= ticket.replyBytes
  book(state, ticket, -1)
}

const countRefusal = (state: State, why: string): void => {
  state.counters.refusedTotal++
  state.counters.refused[why] = (state.counters.refused[why] ?? 0) + 1
}
