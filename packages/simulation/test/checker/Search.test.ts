import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Register from "../../src/checker/models/Register.ts"
import { Search } from "../../src/checker/Search.ts"
import { runs, small } from "./histories.ts"

const model = Register.model<number>(0)

describe("a search", () => {
  it("[SIM7] that forgets everything at once comes to the same verdict, later", () => {
    let forgetful = 0
    let usual = 0
    fc.assert(
      fc.property(small, (history) => {
        const operations = history.toSorted((left, right) => left.called - right.called)
        const search = new Search(model, "", operations, 0)
        const other = new Search(model, "", operations)
        assert.strictEqual(search.run(Infinity), other.run(Infinity))
        forgetful += search.steps
        usual += other.steps
      }),
      runs(1000)
    )
    assert.isAbove(forgetful, usual)
  })
})
