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
import type { Overloaded, Refusal } from "../Refusal.ts"

/** A node's life, as `cloud.NodeState` names it. Only a ready node takes counted requests. */
export type Mode = "starting" | "ready" | "draining" | "stopped"

export interface Limits {
  /** Waiting requests of one service. Default 1,024. More waits longer and holds more memory. */
  readonly queueMax: number
  /** Waiting requests of the node. Default 10,000. */
  readonly waitingMax: number
  /** Bytes of bodies that the node holds, waiting and running. Default 256 MiB. */
  readonly heldBytesMax: number
  /** Bytes of one body. Default 16 MiB. */
  readonly bodyBytesMax: number
  /** Requests in flight on one connection; above it they are refused. Default 256. */
  readonly connectionMax: number
  /** Above this share of the heap limit nothing new is taken. Default 0.85. */
  readonly heapRatioMax: number
  /** Above this delay of the event loop, for as long as it lasts, nothing new is taken. Default 250 ms. */
  readonly eventLoopMaxMs: number
}

export const defaultLimits: Limits = {
  queueMax: 1024,
  waitingMax: 10_000,
  heldBytesMax: 256 * 1024 * 1024,
  bodyBytesMax: 16 * 1024 * 1024,
  connectionMax: 256,
  heapRatioMax: 0.85,
  eventLoopMaxMs: 250
}

type Phase = "uploading" | "queued" | "running" | "replying"

interface Ticket {
  readonly id: number
  readonly connection: number
  readonly lane: Lane
  readonly bytes: number
  readonly deadlineMs: number
  phase: Phase
  startedMs: number
  replyBytes: number
  /** Set when the answer is decided before the handler has ended: it is interrupted for this. */
  ending: "cancelled" | "failed" | undefined
}

/** One service on this node. */
export interface Lane {
  readonly service: string
  readonly concurrency: number
  /** Stats counts public and database requests; internal services have a lane that is never shed. */
  readonly counted: boolean
  running: number
  readonly queue: Array<Ticket>
  /** Mean handler time, a moving average over about the last 20. 0: none yet. */
  meanMs: number
  completed: number
}

/** The numbers that Stats reports. Invariant: CL21. */
export interface Counters {
  received: number
  accepted: number
  completed: number
  failed: number
  cancelled: number
  handedBack: number
  /** Milliseconds that completed handlers took, added up. */
  taskTimeMs: number
  readonly refused: Record<string, number>
  refusedTotal: number
}

export interface State {
  mode: Mode
  readonly limits: Limits
  readonly lanes: ReadonlyMap<string, Lane>
  readonly tickets: Map<number, Ticket>
  readonly connections: Map<number, number>
  readonly counters: Counters
  queued: number
  running: number
  /** Bytes of the bodies of requests that were taken and are not answered. */
  heldBytes: number
  /** Bytes of answers that have not left. They count against new requests. */
  replyBytes: number
  /** No deadline is earlier than this: a tick before it has nothing to look for. */
  earliestDeadlineMs: number
}

export type Interruption = "deadline" | "cancelled" | "stopped"

/** What the caller must do, in order. */
export type Command =
  | { readonly _tag: "Start"; readonly id: number }
  /** Interrupt the handler, then say `finished`. */
  | { readonly _tag: "Interrupt"; readonly id: number; readonly why: Interruption }
  /** Answer a request that has not started. */
  | { readonly _tag: "Answer"; readonly id: number; readonly why: "Draining" | "DeadlineExceeded" }

export interface Arrival {
  readonly id: number
  readonly connection: number
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

export const make = (
  services: Iterable<{
    readonly service: string
    readonly concurrency: number
    readonly counted: boolean
  }>,
  limits: Limits
): State => ({
  mode: "starting",
  limits,
  lanes: new Map(
    Array.from(services, (lane) => [
      lane.service,
      { ...lane, running: 0, queue: [], meanMs: 0, completed: 0 }
    ])
  ),
  tickets: new Map(),
  connections: new Map(),
  counters: {
    received: 0,
    accepted: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    handedBack: 0,
    taskTimeMs: 0,
    refused: {},
    refusedTotal: 0
  },
  queued: 0,
  running: 0,
  heldBytes: 0,
  replyBytes: 0,
  earliestDeadlineMs: Infinity
})

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
  const verdict = lane.counted ? judge(state, lane, arrival) : accepted
  if (lane.counted) state.counters.received++
  if (verdict._tag !== "Accepted") {
    countRefusal(state, verdict._tag === "Overloaded" ? "Overloaded" : verdict.why)
    checkInvariants(state)
    return verdict
  }
  if (lane.counted) {
    state.counters.accepted++
    state.queued++
    state.heldBytes += arrival.bytes
  }
  const deadlineMs = arrival.nowMs + arrival.remainingMs
  state.earliestDeadlineMs = Math.min(state.earliestDeadlineMs, deadlineMs)
  state.connections.set(arrival.connection, (state.connections.get(arrival.connection) ?? 0) + 1)
  state.tickets.set(arrival.id, {
    id: arrival.id,
    connection: arrival.connection,
    lane,
    bytes: arrival.bytes,
    deadlineMs,
    phase: "uploading",
    startedMs: 0,
    replyBytes: 0,
    ending: undefined
  })
  checkInvariants(state)
  return verdict
}

/** The whole body is here: the request starts, or waits for its turn. */
export const uploaded = (state: State, id: number, nowMs: number): ReadonlyArray<Command> => {
  const ticket = state.tickets.get(id)
  if (ticket === undefined || ticket.phase !== "uploading") return none
  ticket.phase = "queued"
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
    lane.meanMs = lane.meanMs === 0 ? tookMs : lane.meanMs + (tookMs - lane.meanMs) / 20
  }
  if (lane.counted) {
    state.running--
    const outcome = ticket.ending ?? (ok ? "completed" : "failed")
    state.counters[outcome]++
    if (outcome === "completed") state.counters.taskTimeMs += tookMs
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
  if (nowMs < state.earliestDeadlineMs) return none
  const commands: Array<Command> = []
  let earliest = Infinity
  for (const ticket of state.tickets.values()) {
    if (ticket.phase === "replying" || ticket.ending !== undefined) continue
    if (ticket.deadlineMs > nowMs) {
      earliest = Math.min(earliest, ticket.deadlineMs)
    } else if (ticket.phase === "running") {
      ticket.ending = "failed"
      commands.push({ _tag: "Interrupt", id: ticket.id, why: "deadline" })
    } else {
      dismiss(state, ticket, "failed")
      commands.push({ _tag: "Answer", id: ticket.id, why: "DeadlineExceeded" })
    }
  }
  state.earliestDeadlineMs = earliest
  checkInvariants(state)
  return commands
}

/** The node is ready for requests. */
export const open = (state: State): void => {
  state.mode = "ready"
}

/**
 * Takes nothing new, and hands back what has not started (CL18). Internal services go on: other
 * nodes need them until the end.
 */
export const drain = (state: State): ReadonlyArray<Command> => {
  state.mode = "draining"
  const commands: Array<Command> = []
  for (const ticket of state.tickets.values()) {
    if (!ticket.lane.counted || ticket.phase === "running" || ticket.phase === "replying") continue
    dismiss(state, ticket, "handedBack")
    commands.push({ _tag: "Answer", id: ticket.id, why: "Draining" })
  }
  checkInvariants(state)
  return commands
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

/** Holds after every step. */
export const checkInvariants = (state: State): void => {
  const { accepted, cancelled, completed, failed, handedBack, received, refusedTotal } =
    state.counters
  invariant(
    received === accepted + refusedTotal,
    "CL21: every received request was accepted or refused"
  )
  invariant(
    accepted === completed + failed + cancelled + handedBack + state.queued + state.running,
    "CL21: every accepted request has ended, waits or runs"
  )
  invariant(
    state.queued <= state.limits.waitingMax && state.heldBytes <= state.limits.heldBytesMax,
    "CL10: waiting requests and held bytes stay within their limits"
  )
}

const none: ReadonlyArray<Command> = []
const accepted: Verdict = { _tag: "Accepted" }
const retryMinMs = 50
const retryMaxMs = 5000

const judge = (state: State, lane: Lane, arrival: Arrival): Verdict => {
  const { limits } = state
  if (state.mode === "draining" || state.mode === "stopped") {
    return { _tag: "Refused", why: "Draining" }
  }
  if (state.mode === "starting") return { _tag: "Refused", why: "NotReady" }
  if (arrival.bytes > limits.bodyBytesMax) return { _tag: "Refused", why: "BodyTooLarge" }
  if (arrival.remainingMs <= 0) return { _tag: "Refused", why: "DeadlineExceeded" }
  const waitMs = (lane.queue.length * lane.meanMs) / lane.concurrency
  const overloaded = (reason: Overloaded["reason"]): Verdict => ({
    _tag: "Overloaded",
    reason,
    retryAfterMs: Math.min(Math.max(waitMs, retryMinMs), retryMaxMs)
  })
  if ((state.connections.get(arrival.connection) ?? 0) >= limits.connectionMax) {
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
  if ((mustWait && lane.queue.length >= limits.queueMax) || state.queued >= limits.waitingMax) {
    return overloaded("queue")
  }
  return waitMs > arrival.remainingMs ? overloaded("deadline") : accepted
}

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
  const left = (state.connections.get(ticket.connection) ?? 1) - 1
  if (left === 0) state.connections.delete(ticket.connection)
  else state.connections.set(ticket.connection, left)
}

const countRefusal = (state: State, why: string): void => {
  state.counters.refusedTotal++
  state.counters.refused[why] = (state.counters.refused[why] ?? 0) + 1
}
