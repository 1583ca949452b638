import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { count, items, shrink } from "../../src/fault/shrink.ts"

interface Case {
  readonly faults: ReadonlyArray<number>
  readonly nodes: number
}

const faults = items<Case, number>(
  (from) => from.faults,
  (from, faults) => ({ ...from, faults })
)
const nodes = count<Case>(
  (from) => from.nodes,
  (from, nodes) => ({ ...from, nodes }),
  1
)
const upTo = (last: number): ReadonlyArray<number> => Array.from({ length: last }, (_, i) => i)

describe("shrink", () => {
  it("keeps the two faults that are needed together, and drops ninety-eight", () => {
    const { smallest, runs } = shrink(
      { faults: upTo(100), nodes: 1 },
      [faults, nodes],
      (candidate) => candidate.faults.includes(17) && candidate.faults.includes(83),
      500
    )
    assert.deepStrictEqual(smallest.faults, [17, 83])
    assert.isBelow(runs, 80)
  })

  it("drops everything where nothing is needed, with one run each", () => {
    const { smallest, runs } = shrink(
      { faults: upTo(64), nodes: 7 },
      [faults, nodes],
      () => true,
      500
    )
    assert.deepStrictEqual(smallest, { faults: [], nodes: 1 })
    assert.strictEqual(runs, 2)
  })

  it("goes round again where one axis makes room in another", () => {
    // A fault is needed for every node above two, so faults go only after nodes went.
    const { smallest } = shrink(
      { faults: upTo(6), nodes: 6 },
      [faults, nodes],
      (candidate) => candidate.nodes >= 2 && candidate.faults.length >= candidate.nodes,
      500
    )
    assert.strictEqual(smallest.nodes, 2)
    assert.strictEqual(smallest.faults.length, 2)
  })

  it("gives what it has when the runs are used up, and that still breaks", () => {
    let runs = 0
    const breaks = (candidate: Case) => {
      runs++
      return candidate.faults.filter((fault) => fault % 3 === 0).length >= 20
    }
    const { smallest } = shrink({ faults: upTo(100), nodes: 1 }, [faults, nodes], breaks, 10)
    assert.strictEqual(runs, 10)
    assert.isTrue(breaks(smallest))
  })

  it("leaves no item without which it would break as well, whatever is needed", () => {
    const subset = fc.uniqueArray(fc.nat(39), { maxLength: 8 })
    fc.assert(
      fc.property(subset, subset, (all, any) => {
        const breaks = ({ faults }: Case) =>
          all.every((fault) => faults.includes(fault)) &&
          (any.length === 0 || any.some((fault) => faults.includes(fault)))
        const { smallest } = shrink({ faults: upTo(40), nodes: 3 }, [faults, nodes], breaks, 5000)
        assert.isTrue(breaks(smallest))
        smallest.faults.forEach((_, i) =>
          assert.isFalse(breaks({ nodes: 1, faults: smallest.faults.toSpliced(i, 1) }))
        )
        assert.strictEqual(smallest.nodes, 1)
      })
    )
  })

  it("finds the least number that still breaks where breaking is monotone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(300), (least, more) => {
        const { smallest } = shrink(
          { faults: [], nodes: least + more },
          [nodes],
          (candidate) => candidate.nodes >= least,
          5000
        )
        assert.strictEqual(smallest.nodes, least)
      })
    )
  })
})
