import { assert, describe, it } from "@effect/vitest"
import { History, HistoryMisuse } from "../../src/checker/History.ts"

describe("a history", () => {
  it("has every call in order, with its outcome where it is known", () => {
    const history = new History<string, number>()
    const slow = history.call("a", "slow")
    history.call("b", "quick").returned(2)
    history.call("b", "lost").lost()
    history.call("b", "again")
    slow.returned(1)
    assert.deepStrictEqual(history.operations, [
      { client: "a", input: "slow", called: 0, returned: 5, outcome: { value: 1 } },
      { client: "b", input: "quick", called: 1, returned: 2, outcome: { value: 2 } },
      { client: "b", input: "lost", called: 3, returned: Infinity, outcome: undefined },
      { client: "b", input: "again", called: 4, returned: Infinity, outcome: undefined }
    ])
  })

  it("forgets what was refused, and knows an answer that is nothing", () => {
    const history = new History<string, undefined>()
    history.call("a", "refused").refused()
    history.call("a", "done").returned(undefined)
    assert.deepStrictEqual(history.operations, [
      { client: "a", input: "done", called: 1, returned: 2, outcome: { value: undefined } }
    ])
  })

  it("does not change what it gave out", () => {
    const history = new History<string, number>()
    const call = history.call("a", "one")
    const before = history.operations
    call.returned(1)
    assert.isUndefined(before[0]?.outcome)
    assert.deepStrictEqual(history.operations[0]?.outcome, { value: 1 })
  })

  it("refuses a second call of a client whose first has not ended", () => {
    const history = new History<string, number>()
    const call = history.call("a", "one")
    history.call("b", "other")
    assert.throws(() => history.call("a", "two"), HistoryMisuse, /client a calls before/)
    call.lost()
    history.call("a", "two")
    assert.lengthOf(history.operations, 3)
  })

  it.each(["returned", "refused", "lost"] as const)("refuses an end after %s", (first) => {
    for (const second of ["returned", "refused", "lost"] as const) {
      const history = new History<string, number>()
      const call = history.call("a", "one")
      call[first](1)
      const before = history.operations
      assert.throws(() => call[second](2), HistoryMisuse, /ends twice/)
      assert.deepStrictEqual(history.operations, before)
      history.call("a", "two")
      assert.throws(() => call[second](2), HistoryMisuse)
      assert.throws(() => history.call("a", "three"), HistoryMisuse)
    }
  })
})
