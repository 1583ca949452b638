import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { EventHeap } from "../../src/raft/EventHeap.ts"

describe("EventHeap", () => {
  it("runs tasks in the order of their times, those of one time as they were set", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (times) => {
        const heap = new EventHeap()
        const ran: Array<number> = []
        times.forEach((time, order) => heap.set(time, () => ran.push(order)))
        while (heap.size > 0) heap.take()()
        const expected = times
          .map((time, order) => ({ time, order }))
          .toSorted((left, right) => left.time - right.time || left.order - right.order)
        assert.deepStrictEqual(
          ran,
          expected.map(({ order }) => order)
        )
      })
    )
  })

  it("takes tasks that are set while others run", () => {
    const heap = new EventHeap()
    const ran: Array<string> = []
    heap.set(1, () => {
      ran.push("first")
      heap.set(1, () => ran.push("same time"))
      heap.set(0.5, () => ran.push("earlier"))
    })
    heap.set(2, () => ran.push("last"))
    const seen: Array<number> = []
    while (heap.size > 0) {
      seen.push(heap.nextMs)
      heap.take()()
    }
    assert.deepStrictEqual(ran, ["first", "earlier", "same time", "last"])
    assert.deepStrictEqual(seen, [1, 0.5, 1, 2])
    assert.strictEqual(heap.nextMs, Infinity)
  })
})
