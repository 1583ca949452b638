/**
 * Queues in virtual time, to measure a placement rule: first come, first served, Poisson arrivals,
 * exponential service, several independent routers, reports every so often. A node of capacity 4
 * serves four at once.
 */
import * as Placement from "../../src/cloud/pure/Placement.ts"
import type { NodeId } from "../../src/cloud/UpdateInfo.ts"
import type { NodeView } from "../../src/cloud/pure/NodeTable.ts"
import { reportOf, seeded } from "./support.ts"

export interface Herd {
  readonly capacities: ReadonlyArray<number>
  readonly routers: number
  /** In mean service times. */
  readonly reportEvery: number
  readonly jobs: number
  readonly load?: number
  readonly meanMs?: number
  readonly probes?: boolean
  readonly repliesTell?: boolean
  readonly seed?: number
  /** What each router has seen before the first job. */
  readonly before?: (state: Placement.State, nodes: ReadonlyArray<NodeId>) => void
  /** A node that is broken now fails its requests in 1 ms, without a queue. */
  readonly broken?: (node: number, nowMs: number) => boolean
}

/** In mean service times. */
export interface Measured {
  readonly mean: number
  readonly p99: number
  readonly probed: number
  /** Of each node, relative to its capacity: 1 is fair. */
  readonly shares: ReadonlyArray<number>
  /** The moments at which each node was chosen. */
  readonly chosenAtMs: ReadonlyArray<ReadonlyArray<number>>
}

interface Departure {
  readonly atMs: number
  readonly node: number
  readonly router: number
  readonly startedAtMs: number
  readonly failed: boolean
}

export const measure = (herd: Herd): Measured => {
  const { capacities, jobs, load = 0.8, meanMs = 30, reportEvery, routers } = herd
  const random = seeded(herd.seed ?? 7)
  const exponential = () => -Math.log(1 - random())
  const total = capacities.reduce((a, b) => a + b, 0)
  const states = Array.from({ length: routers }, Placement.make)
  const departures = heap<Departure>((departure) => departure.atMs)
  const queue = capacities.map(() => 0)
  const freeAtMs = capacities.map((capacity) => Array.from({ length: capacity }, () => 0))
  const chosenAtMs = capacities.map((): Array<number> => [])
  const tookMs: Array<number> = []
  let probed = 0
  let nowMs = 0
  let reportAtMs = 0
  let views: ReadonlyArray<NodeView> = []

  const infos = capacities.map((capacity, node) => reportOf(node, { capacity, meanMs }))
  const ids = infos.map((info) => info.node)
  const nodeOf = new Map(ids.map((id, node) => [id, node]))
  for (const state of states) herd.before?.(state, ids)
  const loadOf = (node: number) => ({
    inFlight: Math.min(queue[node]!, capacities[node]!),
    queued: Math.max(queue[node]! - capacities[node]!, 0)
  })
  const report = () => {
    views = infos.map((info, node) => ({
      info: Object.assign(Object.create(info), { load: loadOf(node) }),
      collections: [],
      status: "up",
      heardAtMs: reportAtMs
    }))
    reportAtMs += reportEvery * meanMs
  }
  const depart = () => {
    const { failed, node, router, startedAtMs } = departures.pop()
    const state = states[router]!
    const common = { node: ids[node]!, service: "Work", nowMs }
    const outcome = { _tag: failed ? "Failed" : "Answered" } as const
    queue[node]!--
    Placement.finished(state, { ...common, outcome, tookMs: nowMs - startedAtMs })
    if (failed) return
    if (herd.repliesTell !== false)
      Placement.observed(state, { ...common, load: loadOf(node), meanMs })
  }
  const choose = (state: Placement.State) => {
    const request = { service: "Work", nowMs, random }
    const choice = Placement.choose(state, { ...request, candidates: views, exclude: new Set() })
    if (choice._tag === "Chosen") return choice.node
    if (choice._tag === "None") throw new Error("there is always a node")
    probed++
    if (herd.probes !== false) {
      for (const { info } of choice.nodes) {
        const load = loadOf(nodeOf.get(info.node)!)
        Placement.observed(state, { node: info.node, service: "Work", nowMs, load, meanMs })
      }
    }
    return Placement.chooseAfterProbe(state, { ...request, nodes: choice.nodes })
  }

  for (let job = 0; job < jobs; job++) {
    const arrivesAtMs = nowMs + (exponential() * meanMs) / (load * total)
    while (Math.min(reportAtMs, departures.first()) <= arrivesAtMs) {
      nowMs = Math.min(reportAtMs, departures.first())
      if (nowMs === reportAtMs) report()
      else depart()
    }
    nowMs = arrivesAtMs
    const router = Math.floor(random() * routers)
    const chosen = choose(states[router]!)
    const node = nodeOf.get(chosen)!
    Placement.started(states[router]!, { node: chosen, service: "Work", nowMs })
    const failed = herd.broken?.(node, nowMs) ?? false
    const servers = freeAtMs[node]!
    const first = servers.indexOf(Math.min(...servers))
    const atMs = failed ? nowMs + 1 : Math.max(servers[first]!, nowMs) + exponential() * meanMs
    if (!failed) servers[first] = atMs
    queue[node]!++
    departures.push({ atMs, node, router, startedAtMs: nowMs, failed })
    chosenAtMs[node]!.push(nowMs)
    if (job > jobs / 5) tookMs.push((atMs - nowMs) / meanMs)
  }
  tookMs.sort((a, b) => a - b)
  return {
    mean: tookMs.reduce((a, b) => a + b, 0) / tookMs.length,
    p99: tookMs[Math.floor(tookMs.length * 0.99)]!,
    probed: probed / jobs,
    shares: chosenAtMs.map((times, node) => times.length / jobs / (capacities[node]! / total)),
    chosenAtMs
  }
}

const heap = <A>(key: (item: A) => number) => {
  const items: Array<A> = []
  const swap = (i: number, j: number) => ([items[i], items[j]] = [items[j]!, items[i]!])
  const before = (i: number, j: number) => key(items[i]!) < key(items[j]!)
  return {
    first: () => (items.length === 0 ? Infinity : key(items[0]!)),
    push: (item: A) => {
      let i = items.push(item) - 1
      for (let parent = (i - 1) >> 1; i > 0 && before(i, parent); parent = (i - 1) >> 1) {
        swap(i, parent)
        i = parent
      }
    },
    pop: (): A => {
      swap(0, items.length - 1)
      const item = items.pop()!
      for (let i = 0; ;) {
        let child = 2 * i + 1
        if (child + 1 < items.length && before(child + 1, child)) child++
        if (child >= items.length || !before(child, i)) return item
        swap(i, child)
        i = child
      }
    }
  }
}
