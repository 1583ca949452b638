import { assert, it } from "@effect/vitest"
import * as Latency from "../../src/cloud/pure/Latency.ts"

/** Samples of [node, tookMs, nowMs], in order. */
const after = (...samples: ReadonlyArray<readonly [string, number, number]>) => {
  const latencies = Latency.make()
  for (const [node, tookMs, nowMs] of samples) Latency.sample(latencies, node, tookMs, nowMs)
  return (node: string, nowMs: number) => Latency.expected(latencies, node, nowMs)
}

it("[CL5] a node never seen counts as the median of the others, or 100 ms", () => {
  assert.strictEqual(after()("a", 0), 100)
  assert.strictEqual(after(["a", 10, 0], ["b", 20, 0], ["c", 90, 0])("d", 0), 20)
})

it("[CL5] a slower sample counts at once, a faster one fades in", () => {
  const expected = after(["b", 10, 0], ["c", 10, 0], ["a", 10, 0], ["a", 50, 0], ["a", 10, 0])
  assert.approximately(expected("a", 0), 50, 1)
})

it("[CL5] without samples, a node drifts to the others within some ten seconds", () => {
  const expected = after(["b", 10, 0], ["c", 10, 0], ["a", 50, 0])
  assert.approximately(expected("a", 0), 50, 0.1)
  assert.approximately(expected("a", 10_000), 10 + 40 / Math.E, 0.1)
  assert.approximately(expected("a", 60_000), 10, 0.5)
})

it("[CL5] a hundred answers a node are as long as ten seconds", () => {
  const others = Array.from({ length: 300 }, (_, i) => [i % 2 ? "b" : "c", 10, 0] as const)
  const expected = after(["b", 10, 0], ["c", 10, 0], ["a", 50, 0], ...others)
  assert.approximately(expected("a", 0), 10 + 40 / Math.E, 0.1)
})

it("[CL5] one answer, however slow, counts as ten times the others'", () => {
  assert.approximately(after(["b", 10, 0], ["c", 10, 0], ["a", 60_000, 0])("a", 0), 100, 0.1)
})

it("[CL2] an answer in no time still leaves the load its weight", () => {
  assert.isAbove(after(["a", 0, 0])("a", 0), 0)
})
