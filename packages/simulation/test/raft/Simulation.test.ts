/**
 * Whole runs. `SEED=41 npx -y pnpm@12 unit Simulation` does again what these tests do with that seed, and prints
 * what it broke; `RUNS=N` runs more seeds than usual.
 */
import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { describeFailure, replayLine } from "../../src/raft/describe.ts"
import type { Fault } from "../../src/raft/Fault.ts"
import type { Invariant } from "../../src/raft/Invariant.ts"
import type { Report, RunOptions } from "../../src/raft/Report.ts"
import { swarm } from "../../src/raft/Schedule.ts"
import { faultsOf, run, runTwice } from "../../src/raft/Simulation.ts"
import { shrinkRun } from "../../src/raft/shrinkRun.ts"
import { addStats, describeStats, noStats, type Totals } from "../simulate/stats.ts"

type Pin = readonly [seed: number, nodes: RunOptions["nodes"]]

/** Seeds that find a bug which was there once. Whoever changes what a seed draws looks for others. */
const pinned: ReadonlyArray<Pin> = [
  // A newcomer threw away snapshots that were older than its membership.
  [59, 3],
  [63, 3],
  // A removed leader was the only one who knew that its removal was committed.
  [678, 3],
  [974, 3]
]

/** What has to happen in a run on average, about half of what does: where nothing happens, nothing is shown. */
const floors: Partial<Totals> = {
  elections: 1,
  commits: 350,
  acknowledged: 60,
  reads: 18,
  installs: 0.35,
  crashes: 5,
  disksLost: 0.25,
  confChanges: 10,
  healed: 0.9
}

const given = process.env["SEED"]
const runs = Number(process.env["RUNS"] ?? "300")
const part = Math.ceil(runs / 3)

const expectSound = (options: RunOptions): Report => {
  const report = runTwice(options)
  if (report.broken !== undefined) assert.fail(describeFailure(options, report))
  return report
}

const pinnedRun = ([seed, nodes]: Pin): RunOptions => ({ seed, nodes })
const ordinaryRun = (seed: number): RunOptions => ({ ...swarm(seed), durationMs: 15_000 })

/** All that these tests run of one seed. */
const runsWith = (seed: number): ReadonlyArray<RunOptions> => [
  ...pinned.filter(([other]) => other === seed).map(pinnedRun),
  ordinaryRun(seed)
]

describe("Simulation", () => {
  if (given !== undefined) {
    const seed = Number(given)
    it.each(runsWith(seed).map((options) => [replayLine(options), options] as const))(
      "keeps all rules: %s",
      (_line, options) => void expectSound(options),
      600_000
    )
    return
  }

  it("keeps all rules with the seeds that once found a bug", () => {
    for (const pin of pinned) expectSound(pinnedRun(pin))
  }, 60_000)

  it.each([0, 1, 2])(
    "[RA17] [RA18] keeps all rules under faults and heals without them, part %i",
    (number) => {
      let stats = noStats
      for (let seed = 1 + number * part; seed <= (number + 1) * part; seed++) {
        stats = addStats(stats, { runs: 1, ...expectSound(ordinaryRun(seed)).stats })
      }
      // A few runs say little of the average.
      if (part < 50) return
      for (const [name, least] of Object.entries(floors) as Array<[keyof Totals, number]>) {
        assert.isAbove(stats[name] / stats.runs, least, `${name} a run: ${describeStats(stats)}`)
      }
    },
    600_000
  )

  it("[SIM1] has the same events and hash for the same seed, here and in another process", () => {
    const options: RunOptions = { seed: 5, nodes: 3, durationMs: 10_000 }
    const first = run(options)
    run({ ...options, seed: 6 })
    const second = run(options)
    assert.strictEqual(second.hash, first.hash)
    assert.strictEqual(second.events, first.events)
    const program = `import { run } from ${JSON.stringify(source)}
      process.stdout.write(run(${JSON.stringify(options)}).hash)`
    const other = execFileSync(
      process.execPath,
      ["--no-warnings", "--input-type=module", "--eval", program],
      { encoding: "utf8" }
    )
    assert.strictEqual(other, first.hash)
    assert.notStrictEqual(run({ ...options, seed: 7 }).hash, first.hash)
  })

  it("[SIM6] is the same run without an early fault that strikes nobody", () => {
    // The spare machines do not run yet, so nothing but random numbers could differ.
    const early: ReadonlyArray<Fault> = [
      { kind: "partition", at: 100, forMs: 5_000, shape: "split", nodes: ["n6"] },
      { kind: "slowLink", at: 200, forMs: 3_000, from: "n1", to: "n7", extraMs: 900 },
      { kind: "slowDisk", at: 300, forMs: 3_000, node: "n7", syncMs: 500 },
      { kind: "pause", at: 400, forMs: 3_000, node: "n6" },
      { kind: "snapshot", at: 500, node: "n7", keep: 0 }
    ]
    const options: RunOptions = { seed: 12, nodes: 5, durationMs: 20_000 }
    const later = faultsOf(options).map((fault) => ({ ...fault, at: fault.at + 6_000 }))
    const eventsOf = (faults: ReadonlyArray<Fault>): ReadonlyArray<string> => {
      const seen: Array<string> = []
      const watch: Invariant = {
        rule: "test",
        title: "watch",
        on: ["Stepped", "Sent", "Called", "Answered", "Crashed", "SnapshotInstalled"],
        make: () => (world, event) => {
          seen.push(`${world.nowMs} ${event._tag} ${"node" in event ? event.node.name : ""}`)
          return undefined
        }
      }
      run({ ...options, faults, invariants: [watch] })
      return seen
    }
    const all = eventsOf([...early, ...later])
    assert.isAbove(all.length, 1_000)
    for (const [at] of early.entries()) {
      assert.deepStrictEqual(eventsOf([...early.toSpliced(at, 1), ...later]), all)
    }
  })

  it("[SIM5] has nothing to heal and loses no message without faults", () => {
    const { broken, stats } = run({ seed: 2, nodes: 3, durationMs: 1, faults: [] })
    assert.isUndefined(broken)
    assert.strictEqual(stats.dropped, 0)
    assert.isAbove(stats.acknowledged, 0)
  })

  it("[SIM9] repeats a failure from its options, and says how", () => {
    const options: RunOptions = { seed: 1, nodes: 3, breaks: { acknowledgeBeforeCommit: true } }
    const report = run(options)
    const text = describeFailure(options, report)
    assert.deepStrictEqual(run(options), report)
    assert.strictEqual(
      replayLine(options),
      "npx -y pnpm@12 simulate raft --seed 1 --nodes 3 --break acknowledgeBeforeCommit"
    )
    assert.isTrue(text.startsWith(`${replayLine(options)}\nRA12 after `))
    assert.strictEqual(report.lastEvents.length, 50)
  })

  it("makes a failure small: what it does not need is taken away", () => {
    const options: RunOptions = { seed: 1, nodes: 7, breaks: { acknowledgeBeforeCommit: true } }
    const found = run(options)
    const small = shrinkRun(options, found.clients, 60)
    assert.strictEqual(small.report.broken?.rule, "RA12")
    assert.strictEqual(small.options.clients, 1)
    assert.isEmpty(small.options.faults)
    assert.isBelow(small.options.nodes, 7)
  })

  it("stops a run that takes too many events, and says so", () => {
    const report = run({ seed: 1, nodes: 3, eventsMax: 1_000 })
    assert.strictEqual(report.broken?.rule, "BudgetExceeded")
  })
})

const source = new URL("../../src/raft/Simulation.ts", import.meta.url).href
