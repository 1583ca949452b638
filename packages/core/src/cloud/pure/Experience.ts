/**
 * Remembers what one process has seen of the nodes it sends requests to.
 *
 * Counts the requests in flight, keeps the newest load each node told, and per service how fast
 * and how reliable each node was. Placement reads it; nobody else looks inside.
 *
 * **Gotchas**
 *
 * - This is the hot path: plain calls on mutable state.
 * - A node that fails or is full in one service may be fine in another, so that is kept apart.
 */
import type { LoadInfo, NodeId, ServiceInfo } from "../UpdateInfo.ts"
import * as Latency from "./Latency.ts"
import { type NodeView, staleAfterMs } from "./NodeTable.ts"
import * as Outlier from "./Outlier.ts"

/** A report of more than this many mean times of the service is old. */
const staleAfterMeans = 5
/** A failure counts as at least this slow, or the node that fails fast looks fastest. */
const failureMs = 1_000
const coolMaxMs = 30_000
const pruneEveryMs = 60_000
const pruneAfterMs = 600_000

/**
 * How a request ended, for placement.
 *
 * - `Answered`: a result or a typed error of the service.
 * - `Failed`: a defect, a timeout or a broken connection.
 * - `Overloaded`: the node had no room; it is left out for `retryAfterMs`, at most 30 s.
 * - `Refused`: says nothing about speed: refused before the start, or given up by the caller.
 *
 * @category models
 */
export type Outcome =
  | { readonly _tag: "Answered" }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Overloaded"; readonly retryAfterMs: number }
  | { readonly _tag: "Refused" }

/**
 * What a node says of itself in every reply, and in its answer to a probe. `meanMs`: mean handler
 * time of the service; 0: not known.
 *
 * @category models
 */
export interface LoadReport {
  readonly load: Pick<LoadInfo, "inFlight" | "queued">
  readonly meanMs: number
}

interface Peer {
  own: number
  /** Requests running and waiting there, as it told `toldAtMs`. */
  work: number
  toldAtMs: number
  usedAtMs: number
}

/** One node, as the callers of one service see it. */
export interface Track {
  readonly outlier: Outlier.Outlier
  coolUntilMs: number
  meanMs: number
  meanAtMs: number
}

interface ServiceTrack {
  readonly latencies: Latency.Latencies
  readonly nodes: Map<NodeId, Track>
}

/** @category models */
export interface State {
  readonly peers: Map<NodeId, Peer>
  readonly services: Map<string, ServiceTrack>
  prunedAtMs: number
}

/** One request, or what is known about one. */
interface Subject {
  readonly node: NodeId
  readonly service: string
  readonly nowMs: number
}

/** @category constructors */
export const make = (): State => ({ peers: new Map(), services: new Map(), prunedAtMs: 0 })

/** A request leaves for `node`. Each one ends with `finished`. */
export const started = (state: State, { node, nowMs, service }: Subject): void => {
  const peer = peerOf(state, node)
  peer.own++
  peer.usedAtMs = nowMs
  Outlier.started(trackIn(serviceOf(state, service), node).outlier, nowMs)
}

/** The request of a `started` has ended after `tookMs`. */
export const finished = (
  state: State,
  {
    node,
    nowMs,
    outcome,
    service,
    tookMs
  }: Subject & {
    readonly outcome: Outcome
    readonly tookMs: number
  }
): void => {
  peerOf(state, node).own--
  const { latencies, nodes } = serviceOf(state, service)
  const track = trackIn({ latencies, nodes }, node)
  switch (outcome._tag) {
    case "Answered":
      Outlier.answered(track.outlier)
      return Latency.sample(latencies, node, tookMs, nowMs)
    case "Failed":
      Outlier.failed(track.outlier, nowMs)
      return Latency.sample(latencies, node, Math.max(tookMs, failureMs), nowMs)
    case "Overloaded":
      track.coolUntilMs = nowMs + Math.min(outcome.retryAfterMs, coolMaxMs)
      return Outlier.undecided(track.outlier, nowMs)
    case "Refused":
      return Outlier.undecided(track.outlier, nowMs)
  }
}

/** A reply or a probe told the load of `node`: as good as a report. */
export const observed = (
  state: State,
  { load, meanMs, node, nowMs, service }: Subject & LoadReport
): void => {
  const peer = peerOf(state, node)
  peer.work = load.inFlight + load.queued
  peer.toldAtMs = nowMs
  if (meanMs === 0) return
  const track = trackIn(serviceOf(state, service), node)
  track.meanMs = meanMs
  track.meanAtMs = nowMs
}

/** Own requests in flight at `node`. */
export const own = (state: State, node: NodeId): number => state.peers.get(node)?.own ?? 0

/** Requests running and waiting at the node, by its newest word; undefined when that is old. */
export const work = (
  state: State,
  view: NodeView,
  service: string,
  nowMs: number
): number | undefined => {
  const { heardAtMs, info } = view
  const peer = state.peers.get(info.node)
  const told = peer !== undefined && peer.toldAtMs >= heardAtMs
  const ageMs = nowMs - (told ? peer.toldAtMs : heardAtMs)
  const mean = meanMs(state, view, service)
  if (ageMs > staleAfterMs || (mean > 0 && ageMs > staleAfterMeans * mean)) return undefined
  return told ? peer.work : info.load.inFlight + info.load.queued
}

/** Mean handler time of the service at the node, by its newest word; 0: not known. */
export const meanMs = (state: State, { heardAtMs, info }: NodeView, service: string): number => {
  const track = state.services.get(service)?.nodes.get(info.node)
  return track !== undefined && track.meanAtMs >= heardAtMs
    ? track.meanMs
    : (offered(info.services, service)?.meanMs ?? 0)
}

/** What the node is expected to take for the service, in ms. Comparable between nodes only. */
export const latencyMs = (state: State, node: NodeId, service: string, nowMs: number): number => {
  const latencies = state.services.get(service)?.latencies
  return latencies === undefined ? 1 : Latency.expected(latencies, node, nowMs)
}

export const trackOf = (state: State, node: NodeId, service: string): Track | undefined =>
  state.services.get(service)?.nodes.get(node)

/** The service of this name, if it is among `services`. Indexed once for each report. */
export const offered = (
  services: ReadonlyArray<ServiceInfo>,
  name: string
): ServiceInfo | undefined => {
  let byName = index.get(services)
  if (byName === undefined) {
    byName = new Map(services.map((service) => [service.name, service]))
    index.set(services, byName)
  }
  return byName.get(name)
}

const index = new WeakMap<ReadonlyArray<ServiceInfo>, ReadonlyMap<string, ServiceInfo>>()

/** Forgets nodes that got no request for ten minutes: names come and go. */
export const prune = (state: State, nowMs: number): void => {
  if (nowMs - state.prunedAtMs < pruneEveryMs) return
  state.prunedAtMs = nowMs
  for (const [node, peer] of state.peers) {
    if (peer.own > 0 || nowMs - peer.usedAtMs < pruneAfterMs) continue
    state.peers.delete(node)
    for (const [service, { latencies, nodes }] of state.services) {
      nodes.delete(node)
      Latency.forget(latencies, node)
      if (nodes.size === 0) state.services.delete(service)
    }
  }
}

const peerOf = (state: State, node: NodeId): Peer => {
  let peer = state.peers.get(node)
  if (peer === undefined) {
    peer = { own: 0, work: 0, toldAtMs: Number.NEGATIVE_INFINITY, usedAtMs: state.prunedAtMs }
    state.peers.set(node, peer)
  }
  return peer
}

const serviceOf = (state: State, service: string): ServiceTrack => {
  let track = state.services.get(service)
  if (track === undefined) {
    track = { latencies: Latency.make(), nodes: new Map() }
    state.services.set(service, track)
  }
  return track
}

const trackIn = ({ nodes }: ServiceTrack, node: NodeId): Track => {
  let track = nodes.get(node)
  if (track === undefined) {
    track = {
      outlier: Outlier.make(),
      coolUntilMs: Number.NEGATIVE_INFINITY,
      meanMs: 0,
      meanAtMs: Number.NEGATIVE_INFINITY
    }
    nodes.set(node, track)
  }
  return track
}
