/**
 * Keeps the newest report of each node and judges how alive each one is.
 *
 * A report wins by (incarnation, seq). Its age counts from its arrival, plus what a forwarder
 * says it waited; both by the receiver's monotonic clock.
 *
 * ```
 *   up ──3 s silent, or own connection broke──> suspect ──10 s silent──> down ──10 min──> forgotten
 *    ^                                             │                      │
 *    └───────────────── a newer report ────────────┴──────────────────────┘
 * ```
 *
 * **Gotchas**
 *
 * - A machine whose clock was set back starts with a lower incarnation. It is believed once the
 *   old report is stale; until then it would be a late message from the past.
 * - Collections travel apart from the rest: a late report may still bring the newest ones.
 */
import { invariant } from "../../invariant.ts"
import type { CollectionInfo, NodeId, UpdateInfo } from "../UpdateInfo.ts"

/**
 * A report older than this says nothing about load, and yields to a lower incarnation.
 *
 * @category configuration
 */
export const staleAfterMs = 5_000
const suspectAfterMs = 3_000
const downAfterMs = 10_000
const forgetAfterMs = 600_000
/** Bounds the table: a stranger may invent names. */
const nodesMax = 1_024

/**
 * Steers placement only; it never decides who is a member.
 *
 * @category models
 */
export type Status = "up" | "suspect" | "down"

/**
 * What is known about one node. `heardAtMs`: monotonic time of the report, its age subtracted.
 * `collections`: the newest that any report of this incarnation carried.
 *
 * @category models
 */
export interface NodeView {
  readonly info: UpdateInfo
  readonly collections: ReadonlyArray<CollectionInfo>
  readonly status: Status
  readonly heardAtMs: number
}

/** @category models */
export type Event =
  | {
      readonly _tag: "Reported"
      readonly info: UpdateInfo
      readonly ageMs: number
      readonly nowMs: number
    }
  | { readonly _tag: "ConnectionBroke"; readonly node: NodeId; readonly nowMs: number }
  | { readonly _tag: "Ticked"; readonly nowMs: number }

/** Tell the readers: these nodes have a new report or status, or are gone. @category models */
export interface Command {
  readonly _tag: "Publish"
  readonly changed: ReadonlyArray<NodeId>
}

interface Entry extends NodeView {
  /** The seq of the report that brought `collections`; -1 before the first. */
  readonly collectionsSeq: number
  /** Invariant: at most nowMs. The connection counts as broken until a report made after it. */
  readonly brokeAtMs: number
}

/** @category models */
export interface State {
  readonly nowMs: number
  readonly nodes: ReadonlyMap<NodeId, Entry>
}

/** @category constructors */
export const initial: State = { nowMs: Number.NEGATIVE_INFINITY, nodes: new Map() }

/** Applies one event. Returns the next state, and what the readers must be told. */
export const step = (state: State, event: Event): readonly [State, ReadonlyArray<Command>] => {
  invariant(event.nowMs >= state.nowMs, "CL3: time never runs backwards")
  const next = apply(state, event)
  checkInvariants(state, next)
  const changed = changedBetween(state, next)
  return [next, changed.length === 0 ? [] : [{ _tag: "Publish", changed }]]
}

const apply = (state: State, event: Event): State => {
  switch (event._tag) {
    case "Reported":
      return onReported(state, event)
    case "ConnectionBroke": {
      const entry = state.nodes.get(event.node)
      if (entry === undefined) return { ...state, nowMs: event.nowMs }
      return withEntry(state, event.nowMs, { ...entry, brokeAtMs: event.nowMs })
    }
    case "Ticked":
      return onTicked(state, event.nowMs)
  }
}

const onReported = (state: State, event: Extract<Event, { _tag: "Reported" }>): State => {
  const { info, nowMs } = event
  // An age from the network may be any number, also not one.
  const heardAtMs = nowMs - (event.ageMs > 0 ? event.ageMs : 0)
  const former = state.nodes.get(info.node)
  if (former === undefined) {
    if (state.nodes.size >= nodesMax) return { ...state, nowMs }
    return withEntry(state, nowMs, fresh(info, heardAtMs, Number.NEGATIVE_INFINITY))
  }
  if (info.incarnation === former.info.incarnation) {
    const entry = info.seq > former.info.seq ? { ...former, info, heardAtMs } : former
    return withEntry(state, nowMs, withCollections(entry, info))
  }
  const later = info.incarnation > former.info.incarnation
  const stale = nowMs - former.heardAtMs >= staleAfterMs && heardAtMs > former.heardAtMs
  if (!later && !stale) return { ...state, nowMs }
  return withEntry(state, nowMs, fresh(info, heardAtMs, former.brokeAtMs))
}

const fresh = (info: UpdateInfo, heardAtMs: number, brokeAtMs: number): Entry =>
  withCollections(
    { info, heardAtMs, brokeAtMs, collections: [], collectionsSeq: -1, status: "up" },
    info
  )

const withCollections = (entry: Entry, info: UpdateInfo): Entry =>
  info.collections === undefined || info.seq <= entry.collectionsSeq
    ? entry
    : { ...entry, collections: info.collections, collectionsSeq: info.seq }

const onTicked = (state: State, nowMs: number): State => {
  const nodes = new Map<NodeId, Entry>()
  for (const [node, entry] of state.nodes) {
    if (nowMs - entry.heardAtMs < forgetAfterMs) nodes.set(node, judged(entry, nowMs))
  }
  return { nowMs, nodes }
}

const withEntry = (state: State, nowMs: number, entry: Entry): State =>
  state.nodes.get(entry.info.node) === entry
    ? { ...state, nowMs }
    : { nowMs, nodes: new Map(state.nodes).set(entry.info.node, judged(entry, nowMs)) }

/** The same entry when its status is right, so that readers can tell by identity. */
const judged = (entry: Entry, nowMs: number): Entry => {
  const status = statusOf(entry, nowMs)
  return status === entry.status ? entry : { ...entry, status }
}

const statusOf = (entry: Entry, nowMs: number): Status => {
  const silentMs = nowMs - entry.heardAtMs
  if (silentMs >= downAfterMs) return "down"
  return silentMs >= suspectAfterMs || entry.brokeAtMs >= entry.heardAtMs ? "suspect" : "up"
}

const changedBetween = (before: State, after: State): ReadonlyArray<NodeId> => {
  if (before.nodes === after.nodes) return []
  const changed: Array<NodeId> = []
  for (const [node, entry] of after.nodes) {
    const old = before.nodes.get(node)
    if (
      old?.status !== entry.status ||
      old.info !== entry.info ||
      old.collections !== entry.collections
    ) {
      changed.push(node)
    }
  }
  for (const node of before.nodes.keys()) if (!after.nodes.has(node)) changed.push(node)
  return changed
}

const checkInvariants = (before: State, after: State): void => {
  for (const [node, entry] of after.nodes) {
    const old = before.nodes.get(node)
    if (old === entry) continue
    invariant(entry.info.node === node, "CL3: a report is kept under its own name")
    invariant(entry.heardAtMs <= after.nowMs, "CL3: no report is from the future")
    invariant(
      old === undefined ||
        !older(entry.info, old.info) ||
        after.nowMs - old.heardAtMs >= staleAfterMs,
      "CL3: an older report never replaces a newer one that is not stale"
    )
  }
}

const older = (a: UpdateInfo, b: UpdateInfo): boolean =>
  a.incarnation === b.incarnation ? a.seq < b.seq : a.incarnation < b.incarnation
