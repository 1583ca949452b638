/** The command that searches whole clouds, and a few seeds of what it searches. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/Sim.ts"
import { type CloudRun, cloudOptions } from "../cloud/cloud.ts"
import { repeatLine } from "./cloud.ts"
import { parse, runsOf } from "./cloudOptions.ts"

const simulate = (...args: ReadonlyArray<string>) => {
  const path = fileURLToPath(new URL("../simulate.ts", import.meta.url))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", path, "cloud", ...args],
    { encoding: "utf8" }
  )
  return { status, stdout, stderr }
}

const runsOfLine = (line: string) => runsOf(parse(line.split(" ").slice(5)).values)

describe("simulate cloud", () => {
  it.each([
    [["--sedes", "3"], "there is no option --sedes; --help lists all"],
    [["--seed=-4"], '--seed takes a whole number of 0 or more, not "-4"'],
    [["--nodes", "0"], '--nodes takes a whole number of 1 or more, not "0"'],
    [
      ["--kinds", "ghosts"],
      '--kinds takes some of partitions, slowness, resets, crashes, blackouts, lostDisks, restarts, pauses, clocks, early, or none, not "ghosts"'
    ],
    [["ship"], '"ship" is not an option; --help lists all']
  ])(
    "refuses %j in one line",
    (args, line) => {
      assert.deepStrictEqual(simulate(...args), { status: 2, stdout: "", stderr: `${line}\n` })
    },
    60_000
  )

  it("runs a seed, says how much happened, and exits with 0", () => {
    const { status, stdout } = simulate("--seed", "3", "--nodes", "1", "--seconds", "2")
    assert.match(stdout, /^1 of 1 seeds, .* simulated hours, /m)
    assert.match(stdout, /^[1-9]\d* calls, [1-9]\d* answered, \d+ faults$/m)
    assert.strictEqual(status, 0)
  }, 120_000)

  const base = { nodes: 3, faults: { fromMs: 6_000 } }
  it.each<CloudRun>([
    { ...base, seed: 7, seconds: 60 },
    { ...base, seed: 8, nodes: 5, seconds: 20, interleave: 3, clients: 2, rounds: 9 },
    { ...base, seed: 9, seconds: 10, hasDisk: true }
  ])("[SIM9] has a line that repeats a run: %j", (run) => {
    const { faults: _, ...expected } = run
    const [{ faults: _drawn, ...again }] = runsOfLine(repeatLine(run, undefined)) as [CloudRun]
    assert.deepStrictEqual(again, expected)
  })

  it("[SIM9] fails with the first broken rule, and its line repeats it", () => {
    const broken = ["--nodes", "3", "--seconds", "10", "--kinds", "resets,slowness"]
    const search = ["--break", "readLocally", "--jobs", "1"]
    const { status, stdout } = simulate("--seeds", "20", ...broken, ...search)
    assert.strictEqual(status, 1)
    const failure = stdout.slice(stdout.indexOf("npx -y pnpm@12 simulate cloud --seed"))
    const [line, ...rest] = failure.split("\n")
    const again = simulate(...line!.split(" ").slice(5))
    assert.strictEqual(again.status, 1)
    assert.include(again.stdout, `${line}\n${rest[0]}\n`)
  }, 120_000)
})

describe("a simulated cloud", () => {
  const faults = { partitions: true, resets: true, crashes: true, pauses: true, fromMs: 3_000 }

  it.effect.each([1, 2])(
    "[SIM1] answers its clients rightly under faults, the same way each time: seed %i",
    (seed) =>
      Effect.gen(function* () {
        const options = cloudOptions({ seed, nodes: 3, seconds: 8, clients: 2, rounds: 40, faults })
        const { broken, history } = yield* Sim.runTwice(options)
        assert.deepStrictEqual(broken, [])
        assert.isAbove(history.filter(({ outcome }) => outcome !== undefined).length, 20)
      }),
    120_000
  )

  it.effect(
    "[LM6] has what it acknowledged when nodes lose their disks, one after the other",
    () =>
      Effect.gen(function* () {
        const run = { seed: 4, nodes: 3, seconds: 25, clients: 2, hasDisk: true }
        const options = cloudOptions({ ...run, faults: { lostDisks: true, fromMs: 6_000 } })
        const { broken, lastEvents, faults: drawn } = yield* Sim.run(options)
        assert.deepStrictEqual(broken, [], lastEvents.join("\n"))
        assert.isAbove(drawn.length, 3)
      }),
    120_000
  )
})
