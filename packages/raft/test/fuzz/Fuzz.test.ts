import { assert, describe, it } from "@effect/vitest"
import type { Breaks } from "../../src/internal/breaks.ts"
import { Schedule } from "./Schedule.ts"

// SEED=7 repeats one run, RUNS=100000 searches longer.
const seeds =
  process.env["SEED"] === undefined
    ? Array.from({ length: Number(process.env["RUNS"] ?? 300) }, (_, seed) => seed)
    : [Number(process.env["SEED"])]
const steps = 800

/** The run, which failed before, once more: with what came last. */
const explain = (seed: number): string => {
  const schedule = new Schedule(seed, { trace: true })
  try {
    schedule.run(steps)
  } catch {}
  return (schedule.trace ?? []).slice(-40).join("\n")
}

const problemOf = (seed: number, breaks: Breaks): string | undefined => {
  try {
    new Schedule(seed, { breaks }).run(steps)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe("Any loss, repetition, delay and order of real messages, over crashes", () => {
  it("[RA1] [RA2] [RA3] [RA4] [RA5] [RA7] [RA8] [RA9] breaks no rule", { timeout: 1e9 }, () => {
    const total = { leaders: 0, commits: 0, restores: 0, reads: 0, changes: 0, truncations: 0 }
    for (const seed of seeds) {
      const schedule = new Schedule(seed, {})
      try {
        schedule.run(steps)
      } catch (error) {
        const { message } = error as Error
        throw new Error(`SEED=${seed}: ${message}\n${explain(seed)}`, { cause: error })
      }
      for (const name of Object.keys(total) as Array<keyof typeof total>) {
        total[name] += schedule.oracle.counts[name]
      }
    }
    // A search in which nothing happens finds nothing.
    if (seeds.length > 100) {
      assert.isAbove(total.leaders, seeds.length)
      assert.isAbove(total.commits, 5 * seeds.length)
      assert.isAbove(total.changes, seeds.length)
      assert.isAbove(total.reads, seeds.length / 2)
      assert.isAbove(total.truncations, seeds.length / 20)
      assert.isAbove(total.restores, seeds.length / 50)
    }
  })

  it("[RA17] happens again, to the byte, from the same seed", () => {
    for (let seed = 0; seed < 20; seed++) {
      const [left, right] = [0, 1].map(() => {
        const schedule = new Schedule(seed, {})
        schedule.run(steps)
        return schedule.outcome
      })
      assert.deepStrictEqual(left, right)
    }
  })

  it.each<readonly [what: string, rules: RegExp, breaks: Breaks]>([
    ["[RA6] earlier terms committed by counting", /^RA(4|6)/, { commitEarlierTerms: true }],
    ["[RA8] a second vote in a term", /^RA(1|7|8)/, { voteTwice: true }],
    ["[RA11] append answers before they are durable", /^RA(4|9|11)/, { answerAppendEarly: true }],
    ["[RA9] learners counted as voters", /^RA(1|4|9)/, { countLearners: true }],
    [
      "[RA10] a change of membership while one is pending",
      /^RA(1|4|9|10)/,
      { changeWhilePending: true }
    ],
    ["[RA4] votes for candidates that are behind", /^RA(4|5)/, { voteForStaleLog: true }],
    ["[RA7] truncation without a conflict", /^RA(4|7|9)/, { truncateOnEveryAppend: true }]
  ])("finds %s", (_, rules, breaks) => {
    for (let seed = 0; seed < 500; seed++) {
      const problem = problemOf(seed, breaks)
      if (problem === undefined) continue
      assert.match(problem, rules)
      return
    }
    assert.fail("not found")
  })
})
