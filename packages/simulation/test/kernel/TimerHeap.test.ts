import { assert, describe, it } from "@effect/vitest"
import type { SimProcess } from "../../src/kernel/SimProcess.ts"
import { type Timer, TimerHeap } from "../../src/kernel/TimerHeap.ts"
import { Random } from "../../src/random/Random.ts"

const owner = {} as SimProcess
const nothing = () => {}

const drain = (heap: TimerHeap): ReadonlyArray<Timer> => {
  const taken: Array<Timer> = []
  while (heap.nextMs < Infinity) taken.push(heap.take())
  return taken
}

describe("TimerHeap", () => {
  it("gives timers by time, and those of one time as they were set", () => {
    const random = new Random(1, "timers")
    const heap = new TimerHeap()
    const set = Array.from({ length: 500 }, () => heap.set(random.below(50), owner, nothing))
    const expected = set.toSorted(
      (left, right) => left.atMs - right.atMs || left.order - right.order
    )
    assert.deepStrictEqual(drain(heap), expected)
  })

  it("keeps nothing of a timer that is cancelled, and the order of all others", () => {
    const random = new Random(2, "timers")
    const heap = new TimerHeap()
    const kept = new Set<Timer>()
    for (let round = 0; round < 2_000; round++) {
      const timer = heap.set(random.below(1_000), owner, nothing)
      if (random.chance(0.3)) kept.add(timer)
      else heap.remove(timer)
      const [some] = kept
      if (some !== undefined && random.chance(0.2)) {
        kept.delete(some)
        heap.remove(some)
        heap.remove(some)
      }
    }
    const taken = drain(heap)
    assert.strictEqual(taken.length, kept.size)
    assert.deepStrictEqual(
      taken,
      [...kept].toSorted((left, right) => left.atMs - right.atMs || left.order - right.order)
    )
    for (const timer of taken) heap.remove(timer)
  })

  it("knows whom it will wake", () => {
    const heap = new TimerHeap()
    const timer = heap.set(5, owner, nothing)
    assert.isTrue(heap.has(owner))
    heap.remove(timer)
    assert.isFalse(heap.has(owner))
  })
})
