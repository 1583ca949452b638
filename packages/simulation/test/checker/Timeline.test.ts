import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { isOptional } from "../../src/checker/Search.ts"
import { Timeline } from "../../src/checker/Timeline.ts"
import { runs, small } from "./histories.ts"

const listed = (timeline: Timeline): ReadonlyArray<number> => {
  const events: Array<number> = []
  for (let event = timeline.first; event !== timeline.head; event = timeline.after(event)) {
    events.push(event)
  }
  return events
}

const operation = (called: number, returned: number) => ({
  client: "a",
  input: undefined,
  called,
  returned,
  outcome: undefined
})

describe("calls and returns", () => {
  it("are in time order, calls before returns at one instant, with no return of what may be left out", () => {
    const operations = [operation(0, 2), operation(2, 2), operation(1, Infinity), operation(2, 3)]
    assert.deepStrictEqual(listed(new Timeline(operations, isOptional)), [0, 4, 2, 6, 1, 3, 7])
  })

  it("are where they were, when they are put back in reverse", () => {
    fc.assert(
      fc.property(small, fc.array(fc.nat({ max: 20 })), (operations, picks) => {
        const timeline = new Timeline(operations, isOptional)
        const before = listed(timeline)
        const lifted = [...new Set(picks)].filter((event) => before.includes(event))
        let left = before
        for (const event of lifted) {
          timeline.lift(event)
          left = left.filter((other) => other !== event)
          assert.deepStrictEqual(listed(timeline), left)
          const next = before.slice(before.indexOf(event)).find((other) => left.includes(other))
          assert.strictEqual(timeline.afterLifted(event), next ?? timeline.head)
        }
        for (const event of lifted.toReversed()) timeline.putBack(event)
        assert.deepStrictEqual(listed(timeline), before)
      }),
      runs(300)
    )
  })
})
