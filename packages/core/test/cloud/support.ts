/** Reports and random numbers for the tests of this folder. */
import { Incarnation, NodeId, type ServiceInfo, UpdateInfo } from "../../src/cloud/UpdateInfo.ts"

/** A repeatable stream of numbers in [0, 1): mulberry32. */
export const seeded = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const nodeId = (node: number | string) => NodeId.make(`node-${node}`)

export const service = (name: string, meanMs = 30): ServiceInfo => ({
  name,
  fingerprint: "0123456789abcdef",
  repeat: "pure",
  meanMs
})

/** A ready, idle node that offers "Work". */
export const reportOf = (
  node: number | string,
  { meanMs = 30, ...options }: Partial<Omit<UpdateInfo, "node">> & { readonly meanMs?: number } = {}
): UpdateInfo =>
  new UpdateInfo({
    node: nodeId(node),
    address: `127.0.0.1:${7_400}`,
    incarnation: Incarnation.make(1_000),
    seq: 0,
    state: "ready",
    role: "voter",
    version: 0,
    load: { inFlight: 0, queued: 0, eventLoopP99Ms: 0, heapRatio: 0 },
    capacity: 1,
    services: [service("Work", meanMs)],
    protocol: { min: 1, max: 1 },
    clock: 0,
    ...options
  })
