/** The commands as a shell runs them, and the lines by which they say how to repeat a failure. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { replayLine } from "../../src/raft/describe.ts"
import type { Fault } from "../../src/raft/Fault.ts"
import { run } from "../../src/raft/Simulation.ts"
import { find, type Switch } from "../raft/builds.ts"
import { parse, runsOf } from "./options.ts"

const command = (file: string, ...args: ReadonlyArray<string>) => {
  const path = fileURLToPath(new URL(`../${file}.ts`, import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", path, ...args], {
    encoding: "utf8"
  })
  return { status, stdout, stderr }
}

const simulate = (...args: ReadonlyArray<string>) => command("simulate", "raft", ...args)

const file = join(tmpdir(), `distri-commands-${process.pid}.json`)

/** Options that repeat a run, as the command understands its line. */
const repeated = (line: string) => {
  const start = "npx -y pnpm@12 simulate raft "
  assert.isTrue(line.startsWith(start))
  const { values } = parse(line.slice(start.length).split(" "))
  return runsOf(values)
}

describe("simulate", () => {
  it.each([
    [["--sedes", "3"], "there is no option --sedes; --help lists all"],
    [["--seed"], "Option '--seed <value>' argument missing; --help says what each option takes"],
    [["--seed", "-4"], "Option '--seed' argument is ambiguous; --help says what each option takes"],
    [["--seed=-4"], '--seed takes a whole number of 0 or more, not "-4"'],
    [["--seed", "1.5"], '--seed takes a whole number of 0 or more, not "1.5"'],
    [["--seeds", "0"], '--seeds takes a whole number of 1 or more, not "0"'],
    [["--jobs", "0"], '--jobs takes a whole number of 1 or more, not "0"'],
    [["--seconds", "0"], '--seconds takes a number above 0, not "0"'],
    [["--nodes", "4"], '--nodes takes 1, 3, 5 or 7, or several of them like 3,5, not "4"'],
    [["--schedule", "toString"], '--schedule takes swarm, duels, isolations, not "toString"'],
    [["--break", "__proto__"], "no break is called __proto__; --help lists all"],
    [["--break", "constructor"], "no break is called constructor; --help lists all"],
    [["ship"], '"ship" is not an option; --help lists all'],
    [
      ["--faults", "/nope"],
      "--faults takes a file with a list of faults as JSON; /nope: ENOENT: no such file or directory, open '/nope'"
    ]
  ])("refuses %j in one line", (args, line) => {
    assert.deepStrictEqual(simulate(...args), { status: 2, stdout: "", stderr: `${line}\n` })
  })

  const pause = { kind: "pause", at: 5, forMs: 10, node: "n1" }
  it.each([
    ["{", /^--faults takes a file with a list of faults as JSON; .*: .*JSON.*\n$/],
    ['{"a":1}', /^.* has to hold a list of faults, like \[\{\.\.\.\}\]\n$/],
    ['[{"a":1}]', /^.*, fault 1 of 1: kind is undefined, and has to be one of partition, .*\n$/],
    ['[{"kind":"constructor"}]', /^.*, fault 1 of 1: kind is "constructor", and has to be .*\n$/],
    [
      JSON.stringify([pause, { ...pause, node: "n9" }]),
      /^.*, fault 2 of 2: node of a pause is "n9", and has to be one of n1, n2, n3, n4, n5\n$/
    ],
    [
      JSON.stringify([{ ...pause, at: -5 }]),
      /^.*, fault 1 of 1: at of a pause is -5, and has to be a number of 0 or more\n$/
    ]
  ])("refuses the faults %s in one line", (text, line) => {
    writeFileSync(file, text)
    const { status, stdout, stderr } = simulate("--seed", "1", "--nodes", "3", "--faults", file)
    rmSync(file)
    assert.match(stderr, line)
    assert.strictEqual(stdout, "")
    assert.strictEqual(status, 2)
  })

  it("says in the end what happened, and exits with 0", () => {
    const { status, stdout } = simulate("--seed", "4", "--seconds", "5")
    assert.match(stdout, /\n[1-9]\d* elections, [1-9]\d* entries applied, .* not judged by RA18\n$/)
    assert.strictEqual(status, 0)
  })

  it("[SIM9] writes the faults of a failure that it made small to a file that repeats it", () => {
    const line = "--seeds 50 --seconds 8 --break forgetVoteOnRestart --shrink"
    const { status, stdout } = simulate(...line.split(" "))
    const small = stdout.slice(stdout.indexOf("smallest after")).split("\n")
    const list = / --faults (\S+)/.exec(small[1]!)![1]!
    const [options] = repeated(small[1]!)
    const { broken } = run(options!)
    assert.isNotEmpty(JSON.parse(readFileSync(list, "utf8")))
    rmSync(list)
    assert.strictEqual(`${broken!.rule} after ${broken!.atMs} ms: ${broken!.detail}`, small[2])
    assert.strictEqual(status, 1)
  }, 60_000)
})

describe("the line that repeats a failure", () => {
  it.each<Switch>(["readWithoutRound", "readBeforeOwnCommit", "acceptTornBatch"])(
    "[SIM9] is enough for runs of every schedule: %s",
    (name) => {
      const { options, report } = find(name, 1, 500)!
      const line = replayLine(options)
      const again = repeated(line)
      assert.strictEqual(again.length, 1)
      assert.deepStrictEqual(run(again[0]!), report, line)
    },
    60_000
  )

  it("[SIM9] names the file where the faults are not those of the seed", () => {
    const faults: ReadonlyArray<Fault> = [{ kind: "flood", at: 10, entries: 3 }]
    const line = replayLine({ seed: 1, nodes: 3, faults, clients: 0, durationMs: 500 }, file)
    writeFileSync(file, JSON.stringify(faults))
    assert.deepStrictEqual(
      repeated(line)[0],
      { seed: 1, nodes: 3, faults, clients: 0, durationMs: 500, breaks: {} },
      line
    )
    rmSync(file)
  })
})

describe("breaks", () => {
  it.each([
    [["--seed", "3"], "there is no option --seed; --help lists all"],
    [["--seeds", "0"], '--seeds takes a whole number of 1 or more, not "0"'],
    [["--break", "__proto__"], "no break is called __proto__; simulate.ts --help lists all"]
  ])("refuses %j in one line", (args, line) => {
    assert.deepStrictEqual(command("breaks", ...args), {
      status: 2,
      stdout: "",
      stderr: `${line}\n`
    })
  })

  it("refuses rules that nobody checks", () => {
    const { status, stderr } = command("breaks", "--rules", "RA4,RA99")
    assert.match(stderr, /^no rule "RA99" is checked; --rules takes some of RA1,.*\n$/)
    assert.strictEqual(status, 2)
  })

  it("counts no rule but those it is told", () => {
    // The core itself stops by RA16 in such a build.
    assert.strictEqual(find("dropCommitFromBatch", 1, 1)?.report.broken?.rule, "RA16")
    assert.isUndefined(find("dropCommitFromBatch", 1, 1, ["RA12"]))
  })
})

describe("porcupine", () => {
  it("fails in one line without verdicts to compare with", () => {
    const folder = mkdtempSync(join(tmpdir(), "distri-porcupine-"))
    const list = join(folder, "expected.tsv")
    assert.deepStrictEqual(command("porcupine", folder), {
      status: 1,
      stdout: `no recordings: ${list} does not exist\n`,
      stderr: ""
    })
    writeFileSync(list, "\n")
    assert.deepStrictEqual(command("porcupine", folder), {
      status: 1,
      stdout: `no recordings: ${list} names none\n`,
      stderr: ""
    })
    rmSync(folder, { recursive: true })
  })
})
