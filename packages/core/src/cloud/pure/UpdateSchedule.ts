/**
 * Decides when a node reports itself, and whether the report names its collections.
 *
 * Many small changes become one report: at least 50 ms apart, at least once a second. `draining`
 * waits for nothing, since every request that still comes must be sent away. What the database holds
 * decides nothing about where requests go: it goes along with the next report.
 */
import type { CollectionInfo, LoadInfo, NodeState, UpdateInfo } from "../UpdateInfo.ts"

const apartMs = 50
const everyMs = 1_000
/** A load that changed by less, relative to the last report, is not worth one. */
const loadRatio = 0.1

/** What happened in the node. @category models */
export type Signal =
  | { readonly _tag: "LoadChanged"; readonly load: LoadInfo }
  | { readonly _tag: "ServiceChanged" }
  | { readonly _tag: "StateChanged"; readonly state: NodeState }

/** @category models */
export interface State {
  readonly sentAtMs: number
  readonly sentLoad: LoadInfo | undefined
  /** As the receivers have them; undefined: they may have none. */
  readonly sentCollections: ReadonlyArray<CollectionInfo> | undefined
  readonly need: "none" | "soon" | "now"
}

/** The first report goes at once, with the collections. @category constructors */
export const initial: State = {
  sentAtMs: Number.NEGATIVE_INFINITY,
  sentLoad: undefined,
  sentCollections: undefined,
  need: "now"
}

/** Something happened. */
export const signalled = (state: State, signal: Signal): State => {
  const need = needOf(state, signal)
  return need === "none" || state.need === "now" ? state : { ...state, need }
}

/** When the next report is due. */
export const dueAtMs = (state: State): number => {
  switch (state.need) {
    case "now":
      return Number.NEGATIVE_INFINITY
    case "soon":
      return state.sentAtMs + apartMs
    case "none":
      return state.sentAtMs + everyMs
  }
}

/** A report is made: what is signalled from here on needs another one. */
export const reporting = (state: State, nowMs: number): State => ({
  ...state,
  sentAtMs: nowMs,
  need: "none"
})

/** Whether the receivers lack these collections. */
export const lacks = (state: State, { collections }: UpdateInfo): boolean =>
  collections !== undefined &&
  (state.sentCollections === undefined || !same(state.sentCollections, collections))

/** `info` went out, with all its collections or as before. */
export const sent = (state: State, info: UpdateInfo): State => ({
  ...state,
  sentLoad: info.load,
  sentCollections: info.collections ?? state.sentCollections
})

/** Nobody knows who got the last report: the next one is whole. */
export const lost = (state: State): State => ({ ...state, sentCollections: undefined })

const needOf = (state: State, signal: Signal): State["need"] => {
  switch (signal._tag) {
    case "StateChanged":
      return signal.state === "draining" ? "now" : "soon"
    case "LoadChanged":
      return state.sentLoad === undefined || moved(state.sentLoad, signal.load) ? "soon" : "none"
    case "ServiceChanged":
      return "soon"
  }
}

/** Each part has a least size below which a change is noise. */
const moved = (from: LoadInfo, to: LoadInfo): boolean =>
  differs(from.inFlight + from.queued, to.inFlight + to.queued, 1) ||
  differs(from.eventLoopP99Ms, to.eventLoopP99Ms, 10) ||
  differs(from.heapRatio, to.heapRatio, 0.1)

const differs = (from: number, to: number, least: number): boolean =>
  Math.abs(to - from) > loadRatio * Math.max(from, least)

const same = (a: ReadonlyArray<CollectionInfo>, b: ReadonlyArray<CollectionInfo>): boolean => {
  if (a.length !== b.length) return false
  const versions = new Map(a.map(({ name, version }) => [name, version]))
  return b.every(({ name, version }) => versions.get(name) === version)
}
