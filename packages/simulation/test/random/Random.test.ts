import { assert, describe, it } from "@effect/vitest"
import { Random } from "../../src/random/Random.ts"

const some = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32())

describe("Random", () => {
  it("[SIM6] gives the same numbers for the same seed and name, whatever else is drawn", () => {
    const alone = some(new Random(7, "faults"), 100)
    const beside = new Random(7, "faults")
    const other = new Random(7, "network")
    const mixed = Array.from({ length: 100 }, () => {
      other.uint32()
      return beside.uint32()
    })
    assert.deepStrictEqual(mixed, alone)
  })

  it("gives other numbers for another name and for another seed", () => {
    const streams = [
      some(new Random(7, "faults"), 50),
      some(new Random(8, "faults"), 50),
      some(new Random(7, "faults/1"), 50),
      some(new Random(70, "faults"), 50)
    ].flat()
    assert.strictEqual(new Set(streams).size, streams.length)
  })

  it("spreads evenly, also over the first numbers of streams that follow each other", () => {
    const buckets = Array.from({ length: 10 }, () => 0)
    for (let seed = 0; seed < 10_000; seed++) buckets[new Random(seed, "x").below(10)]!++
    for (const count of buckets) assert.isTrue(count > 850 && count < 1_150, String(buckets))
  })

  it("stays inside of its limits", () => {
    const random = new Random(1, "limits")
    for (let round = 0; round < 1_000; round++) {
      const whole = random.whole(3, 6)
      assert.isTrue(Number.isInteger(whole) && whole >= 3 && whole < 6)
      const between = random.between(-1, 1)
      assert.isTrue(between >= -1 && between < 1)
    }
    assert.isFalse(random.chance(0))
    assert.isTrue(random.chance(1))
  })

  it("picks some of a list, none of them twice", () => {
    const random = new Random(1, "some")
    const list = [1, 2, 3, 4, 5]
    assert.deepStrictEqual(random.some(list, 9).toSorted(), list)
    assert.strictEqual(random.some(list, 2).length, 2)
    assert.include(list, random.pick(list))
  })
})
