import { assert, describe, it } from "@effect/vitest"
import { isThere, recordings, standard, verdictOf } from "./recordings.ts"

describe("recorded histories of Porcupine", () => {
  it.skipIf(!isThere(standard))(
    "[SIM7] get the verdicts they are known for (skipped without the folder DISTRI_DATA names)",
    () => {
      const all = recordings(standard)
      assert.isAbove(all.length, 0)
      for (const { file, expected, judge } of all) {
        const report = judge()
        assert.strictEqual(verdictOf(report), expected, file)
        assert("steps" in report && report.steps < 1_000_000, `${file} took too many steps`)
      }
    }
  )
})
