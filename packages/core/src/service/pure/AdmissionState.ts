/**
 * What admission keeps: the lanes of the services, the requests that were taken, the counters.
 *
 * `Admission.ts` is the machine that changes it; nobody else does.
 */
import { invariant } from "../../invariant.ts"

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
  /**
   * The same for requests that wait for something to happen, such as one of each watch. Default
   * 4,096: they are no load, and a client has as many as it has watches.
   */
  readonly connectionWaitsMax: number
  /** Bytes that the requests of one connection may hold. Default 64 MiB. */
  readonly connectionBytesMax: number
  /** How long an upload may stand still. Default 10 s. */
  readonly uploadIdleMs: number
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
  connectionWaitsMax: 4096,
  connectionBytesMax: 64 * 1024 * 1024,
  uploadIdleMs: 10_000,
  heapRatioMax: 0.85,
  eventLoopMaxMs: 250
}

export type Phase = "uploading" | "queued" | "running" | "replying"

export interface Ticket {
  readonly id: number
  readonly connection: number
  readonly lane: Lane
  readonly bytes: number
  readonly deadlineMs: number
  /** When it is ended if nothing happens: the deadline, or sooner while it uploads. */
  dueMs: number
  phase: Phase
  startedMs: number
  replyBytes: number
  /** Set when the answer is decided before the handler has ended: it is interrupted for this. */
  ending: "cancelled" | "failed" | "handedBack" | undefined
}

export interface Account {
  requests: number
  bytes: number
}

/** One service on this node. */
export interface Lane {
  readonly service: string
  readonly concurrency: number
  /** Stats counts public and database requests; internal services have a lane that is never shed. */
  readonly counted: boolean
  /**
   * Its handlers wait for something to happen: they are no load, how long they take says nothing,
   * and a drain hands them back.
   */
  readonly waits: boolean
  /** Bytes of one body, if the service takes less than the node does. */
  readonly bodyBytesMax: number
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
  /**
   * What each connection holds. Requests that are not counted have an account of their own, and so
   * have those that wait: a connection that is full of them must still take others.
   */
  readonly accounts: Map<string, Account>
  readonly counters: Counters
  queued: number
  running: number
  /** Those of `running` that wait for something to happen. */
  waiting: number
  /** Bytes of the bodies of requests that were taken and are not answered. */
  heldBytes: number
  /** Bytes of answers that have not left. They count against new requests. */
  replyBytes: number
  /** Nothing is due earlier than this: a tick before it has nothing to look for. */
  earliestDueMs: number
}

export const make = (
  services: Iterable<{
    readonly service: string
    readonly concurrency: number
    readonly counted: boolean
    readonly waits?: boolean
    readonly bodyBytesMax?: number
  }>,
  limits: Limits
): State => ({
  mode: "starting",
  limits,
  lanes: new Map(
    Array.from(services, (lane) => [
      lane.service,
      {
        bodyBytesMax: Infinity,
        waits: false,
        ...lane,
        running: 0,
        queue: [],
        meanMs: 0,
        completed: 0
      }
    ])
  ),
  tickets: new Map(),
  accounts: new Map(),
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
  waiting: 0,
  heldBytes: 0,
  replyBytes: 0,
  earliestDueMs: Infinity
})

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
    state.waiting >= 0 && state.waiting <= state.running,
    "CL21: what only waits is among what runs"
  )
  invariant(
    state.queued <= state.limits.waitingMax && state.heldBytes <= state.limits.heldBytesMax,
    "CL10: waiting requests and held bytes stay within their limits"
  )
}

const noAccount: Account = { requests: 0, bytes: 0 }

/** What requests of this kind of `connection` hold. */
export const accountOf = ({ accounts }: State, lane: Lane, connection: number): Account =>
  accounts.get(accountName(lane, connection)) ?? noAccount

/** Books one request, or takes it off the books again. */
export const book = (
  { accounts }: State,
  { bytes, connection, lane }: Pick<Ticket, "bytes" | "connection" | "lane">,
  sign: 1 | -1
): void => {
  const name = accountName(lane, connection)
  const account = accounts.get(name) ?? { requests: 0, bytes: 0 }
  account.requests += sign
  account.bytes += sign * bytes
  if (account.requests === 0) accounts.delete(name)
  else accounts.set(name, account)
}

const accountName = ({ counted, waits }: Lane, connection: number) =>
  `${counted ? (waits ? "waits" : "counted") : "always"} ${connection}`
