/** Placement in virtual time: what the rule does to queues, not what it does in one call. */
import { assert, describe, it } from "@effect/vitest"
import * as Placement from "../../src/cloud/pure/Placement.ts"
import { measure } from "./herd.ts"

const equal = (nodes: number) => Array.from({ length: nodes }, () => 1)

describe("50 equal nodes at load 0.8", () => {
  const cases = [10, 250].flatMap((routers) =>
    [0.1, 1, 5, 20, 33].map((reportEvery) => [routers, reportEvery] as const)
  )
  it.each(cases)(
    "[CL2] with %d routers and reports every %d service times, nobody waits long",
    (routers, reportEvery) => {
      const { mean, p99 } = measure({ capacities: equal(50), routers, reportEvery, jobs: 8_000 })
      assert.isBelow(mean, 3.5)
      assert.isBelow(p99, 13)
    }
  )

  it("[CL3] old reports that are used as they are, or ignored, cost a third of the speed", () => {
    const herd = { capacities: equal(50), routers: 250, reportEvery: 33, jobs: 8_000 }
    const ignored = measure({ ...herd, probes: false })
    assert.isAbove(ignored.mean, 1.33 * measure(herd).mean)
  })
})

describe("equal nodes", () => {
  // The load of 0.8 is there for a node that was never tried again while the other's queue grew.
  const firstSamples = [[60_000], [0.01], [60_000, 60_000], [1_000, 0.01, 5_000]]
  const cases = firstSamples.flatMap((firstMs) => [
    [2, 3, 0.5, firstMs] as const,
    [2, 100, 0.8, firstMs] as const,
    [5, 3, 0.5, firstMs] as const,
    [5, 30, 0.5, firstMs] as const
  ])
  it.each(cases)(
    "[CL5] %d nodes of %d ms at load %d share 10,000 requests fairly after first samples of %j ms",
    (nodes, meanMs, load, firstMs) => {
      const { shares } = measure({
        capacities: equal(nodes),
        routers: 1,
        load,
        meanMs,
        reportEvery: 1_000 / meanMs,
        jobs: 10_000,
        before: (state, ids) => {
          for (const [i, node] of ids.entries()) {
            const subject = { node, service: "Work", nowMs: 0 }
            const tookMs = firstMs[i] ?? meanMs
            Placement.started(state, subject)
            Placement.finished(state, { ...subject, outcome: { _tag: "Answered" }, tookMs })
          }
        }
      })
      assert.isAbove(Math.min(...shares), 0.5)
    }
  )
})

describe("a node that fails every call in 1 ms", () => {
  it.each([2, 3, 5])("[CL6] of %d nodes gets hardly anything until it recovers", (nodes) => {
    const recoversAtMs = 40_000
    const { chosenAtMs } = measure({
      capacities: equal(nodes),
      routers: 1,
      load: 0.4,
      meanMs: 10,
      reportEvery: 100,
      jobs: 4_500 * nodes,
      broken: (node, nowMs) => node === 0 && nowMs < recoversAtMs
    })
    const fair = (fromMs: number, toMs: number) => {
      const within = (atMs: number) => atMs >= fromMs && atMs < toMs
      const all = chosenAtMs.flat().filter(within).length / nodes
      return chosenAtMs[0]!.filter(within).length / all
    }
    assert.isBelow(fair(1_000, recoversAtMs), 0.1)
    assert.isBelow(
      chosenAtMs[0]!.find((atMs) => atMs >= recoversAtMs)!,
      recoversAtMs + 30_000
    )
    assert.isAbove(fair(recoversAtMs + 30_000, Infinity), 0.75)
  })
})

describe("capacities 1 1 1 1 1 1 4 4 at load 0.8", () => {
  const cases = [1, 10, 250].flatMap((routers) => [1, 33].map((every) => [routers, every] as const))
  it.each(cases)(
    "[CL7] with %d routers and reports every %d service times, shares follow capacities",
    (routers, reportEvery) => {
      const capacities = [1, 1, 1, 1, 1, 1, 4, 4]
      const { shares } = measure({ capacities, routers, reportEvery, jobs: 10_000 })
      assert.isAbove(Math.min(...shares), 0.75)
      assert.isBelow(Math.max(...shares), 1.25)
    }
  )
})
