/**
 * Chooses the node for a request: the better of two, drawn by capacity.
 *
 * Everyone who picks the least loaded node of an old report picks the same one. Two random
 * candidates keep the choice spread, and a request of one's own counts before any report can show
 * it. A report that is old for the service is worse than none: then both candidates are asked.
 *
 * `score = expected latency x (reported in flight + queued + own in flight + 1) / capacity`
 *
 * **Gotchas**
 *
 * Capacity weighs twice, in the draw and in the score: drawn evenly, a large node could never get
 * more than 2/N of the requests.
 *
 * Sources: Mitzenmacher, "The power of two choices", "How useful is old information?".
 */
import type { NodeId } from "../UpdateInfo.ts"
import * as Experience from "./Experience.ts"
import type { NodeView } from "./NodeTable.ts"
import * as Outlier from "./Outlier.ts"

export { finished, make, observed, started } from "./Experience.ts"
export type { LoadReport, Outcome, State } from "./Experience.ts"

/** A service that is faster than this is not worth a question. */
const probeFromMeanMs = 5
const probeMaxMs = 20

/** Two distinct candidates. @category models */
export type Pair = readonly [NodeView, NodeView]

/** Why a node was not taken. @category models */
export interface Tried {
  readonly node: NodeId
  readonly why: string
}

/**
 * - `Probe`: ask both, wait at most `waitMs`, `observed` what they say, then `chooseAfterProbe`.
 * - `None`: `retryAfterMs` is when the first full node is free; undefined: no node is just full.
 *
 * @category models
 */
export type Choice =
  | { readonly _tag: "Chosen"; readonly node: NodeId }
  | { readonly _tag: "Probe"; readonly nodes: Pair; readonly waitMs: number }
  | {
      readonly _tag: "None"
      readonly tried: ReadonlyArray<Tried>
      readonly retryAfterMs: number | undefined
    }

interface Request {
  readonly service: string
  readonly nowMs: number
  /** Gives numbers in [0, 1). */
  readonly random: () => number
}

interface Choosing extends Request {
  /** Nodes with a live connection. */
  readonly candidates: ReadonlyArray<NodeView>
  readonly exclude: ReadonlySet<NodeId>
}

/** Chooses, and counts nothing: the request counts from `started` on. */
export const choose = (state: Experience.State, request: Choosing): Choice => {
  const { nowMs, random, service } = request
  Experience.prune(state, nowMs)
  const fit = request.candidates.filter((view) => obstacle(state, request, view) === undefined)
  const up = fit.filter((view) => view.status === "up")
  const usable = up.length > 0 ? up : fit
  if (usable.length === 0) return none(state, request)

  const { due, open } = withoutOutliers(state, request, usable)
  if (due !== undefined) return { _tag: "Chosen", node: due.info.node }
  const a = draw(open, random)
  if (open.length === 1) return { _tag: "Chosen", node: a.info.node }
  const nodes: Pair = [a, draw(open, random, a)]
  const meanMs = mean(nodes.map((view) => Experience.meanMs(state, view, service)))
  const known = nodes.every((view) => Experience.work(state, view, service, nowMs) !== undefined)
  if (!known && meanMs >= probeFromMeanMs) {
    return { _tag: "Probe", nodes, waitMs: Math.min(meanMs / 2, probeMaxMs) }
  }
  return { _tag: "Chosen", node: chooseAfterProbe(state, { service, nowMs, random, nodes }) }
}

/**
 * Takes the better of two. If one of them did not tell its load, only the own requests count: it
 * must not look idle beside one that tells.
 */
export const chooseAfterProbe = (
  state: Experience.State,
  { nodes: [a, b], nowMs, random, service }: Request & { readonly nodes: Pair }
): NodeId => {
  const workA = Experience.work(state, a, service, nowMs)
  const workB = Experience.work(state, b, service, nowMs)
  const told = workA !== undefined && workB !== undefined
  const score = ({ info: { capacity, node } }: NodeView, work: number) =>
    (Experience.latencyMs(state, node, service, nowMs) * (work + Experience.own(state, node) + 1)) /
    capacity
  const difference = score(a, told ? workA : 0) - score(b, told ? workB : 0)
  return difference < 0 || (difference === 0 && random() < 0.5) ? a.info.node : b.info.node
}

type Obstacle = "excluded" | "state" | "down" | "service" | "full"

const obstacle = (
  state: Experience.State,
  { exclude, nowMs, service }: Choosing,
  { info, status }: NodeView
): Obstacle | undefined => {
  if (exclude.has(info.node)) return "excluded"
  if (info.state !== "ready") return "state"
  if (status === "down") return "down"
  if (Experience.offered(info.services, service) === undefined) return "service"
  const track = Experience.trackOf(state, info.node, service)
  return track !== undefined && nowMs < track.coolUntilMs ? "full" : undefined
}

/** Leaves out what keeps failing, but never more than half. `due`: gets this request as a trial. */
const withoutOutliers = (
  state: Experience.State,
  { nowMs, service }: Request,
  usable: ReadonlyArray<NodeView>
): { readonly open: ReadonlyArray<NodeView>; readonly due: NodeView | undefined } => {
  const outlierOf = (view: NodeView) => Experience.trackOf(state, view.info.node, service)?.outlier
  const failing = usable.filter((view) => (outlierOf(view)?.times ?? 0) > 0)
  if (failing.length === 0) return { due: undefined, open: usable }
  const untilMs = (view: NodeView) => outlierOf(view)!.untilMs
  const left = new Set(
    failing
      .filter((view) => Outlier.isOut(outlierOf(view)!, nowMs))
      .toSorted((a, b) => untilMs(b) - untilMs(a))
      .slice(0, Math.floor(usable.length / 2))
  )
  return {
    due: failing.find((view) => Outlier.isDue(outlierOf(view)!, nowMs)),
    open: usable.filter((view) => !left.has(view))
  }
}

const draw = (
  views: ReadonlyArray<NodeView>,
  random: () => number,
  except?: NodeView
): NodeView => {
  const weight = (view: NodeView) => (view === except ? 0 : view.info.capacity)
  let x = random() * views.reduce((total, view) => total + weight(view), 0)
  // Rounding may leave a crumb of `x` after the last one.
  return views.find((view) => (x -= weight(view)) < 0) ?? views.findLast((view) => view !== except)!
}

const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0) / values.length

const none = (state: Experience.State, request: Choosing): Choice => {
  const { candidates, nowMs, service } = request
  const freeInMs = ({ info }: NodeView) =>
    (Experience.trackOf(state, info.node, service)?.coolUntilMs ?? nowMs) - nowMs
  const words = (view: NodeView): string => {
    switch (obstacle(state, request, view)!) {
      case "excluded":
        return "was tried already"
      case "state":
        return `is ${view.info.state}`
      case "down":
        return `is silent for ${Math.round((nowMs - view.heardAtMs) / 1_000)} s`
      case "service":
        return "does not offer it"
      case "full":
        return `is full for another ${Math.ceil(freeInMs(view))} ms`
    }
  }
  const full = candidates.filter((view) => obstacle(state, request, view) === "full")
  return {
    _tag: "None",
    tried: candidates.map((view) => ({ node: view.info.node, why: words(view) })),
    retryAfterMs: full.length === 0 ? undefined : Math.min(...full.map(freeInMs))
  }
}
