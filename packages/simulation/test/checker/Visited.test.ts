import { assert, describe, it } from "@effect/vitest"
import { Visited } from "../../src/checker/Visited.ts"
import { random } from "./histories.ts"

/** Places and takes back at random, as a search does; `judge` hears of each set, as text, and of the answer. */
const wander = (
  seed: number,
  sizes: { readonly required: number; readonly optional: number; readonly limit?: number },
  judge: (key: string, isNew: boolean) => void
) => {
  const draw = random(seed)
  const visited = new Visited(sizes.required, sizes.optional, sizes.limit)
  const size = sizes.required + sizes.optional
  const placed: Array<number> = []
  for (let step = 0; step < 3000; step++) {
    const n = Math.floor(draw() * draw() * size)
    if (placed.length > 0 && (draw() < 0.45 || placed.includes(n))) {
      const last = placed.pop()!
      visited.takeBack(last < sizes.required ? last : visited.optionalBit(last - sizes.required))
    } else {
      placed.push(n)
      visited.place(n < sizes.required ? n : visited.optionalBit(n - sizes.required))
    }
    const state = Math.floor(draw() * 3)
    const isNew = visited.add(visited.stateId(`state ${state}`))
    judge(`${state}: ${placed.toSorted((left, right) => left - right).join()}`, isNew)
  }
}

describe("the memory of a search", () => {
  it.each([
    { required: 5, optional: 0 },
    { required: 0, optional: 5 },
    { required: 16, optional: 3 },
    { required: 17, optional: 16 },
    { required: 70, optional: 20 }
  ])("knows what it has seen and nothing else, of %o", (sizes) => {
    const seen = new Set<string>()
    let again = 0
    wander(1, sizes, (key, isNew) => {
      assert.strictEqual(isNew, !seen.has(key), key)
      if (!isNew) again++
      seen.add(key)
    })
    assert.isAbove(again, 50)
  })

  it("[SIM7] forgets rather than grow, and never takes for known what is not", () => {
    const seen = new Set<string>()
    let forgotten = 0
    wander(2, { required: 40, optional: 4, limit: 2000 }, (key, isNew) => {
      if (!isNew) assert.isTrue(seen.has(key), key)
      else if (seen.has(key)) forgotten++
      seen.add(key)
    })
    assert.isAbove(forgotten, 50)
  })

  it("knows sets of more operations than a call takes arguments", () => {
    const visited = new Visited(400_000, 10)
    for (let n = 1; n < 400_000; n++) visited.place(n)
    const state = visited.stateId(0)
    assert.isTrue(visited.add(state))
    assert.isFalse(visited.add(state))
    // Among them all words around the end of the first arguments, and those in the middle and at the end.
    const words = Array.from({ length: 8 }, (_, at) => 8184 + at)
    for (const n of [...words.map((word) => 16 * word), 200_000, 399_999]) {
      visited.takeBack(n)
      assert.isTrue(visited.add(state), `${n}`)
      visited.place(n)
      assert.isFalse(visited.add(state), `${n}`)
    }
    visited.place(0)
    assert.isTrue(visited.add(state))
  })

  it("tells states apart as a Map does", () => {
    const visited = new Visited(1, 0)
    const state = {}
    const ids = [1, "1", null, undefined, state, {}, NaN].map((key) => visited.stateId(key))
    assert.lengthOf(new Set(ids), 7)
    assert.strictEqual(visited.stateId(state), ids[4])
    assert.strictEqual(visited.stateId(NaN), ids[6])
  })
})
