/** Whether the harness would notice: a check that passes whatever happens looks like a core without bugs. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { run } from "./cli.ts"
import { parseDirectives } from "./Directive.ts"
import { traceFiles } from "./folder.ts"
import { describeDifference, runTrace, withoutLogLines } from "./Report.ts"

const quorum = `committed cfg=(1,2,3) idx=(4,5,_)
----
       idx
x>       4    (id=1)
xx>      5    (id=2)
?        0    (id=3)
4

vote cfg=(1,2) cfgj=(2,3) votes=(y,y,n)
----
VoteLost
`

const election = `add-nodes 1 voters=(1) index=5
----
INFO the words of a log do not count
INFO in any number

campaign 1
----
ok

process-ready 1
----
Ready MustSync=true:
Lead:0 State:StateCandidate
HardState Term:1 Vote:1 Commit:5
`

const own = traceFiles(fileURLToPath(new URL("../traces", import.meta.url)))

/** The text with one line of an expected output changed, for each of some directives. */
const spoiled = (text: string): ReadonlyArray<{ readonly line: number; readonly text: string }> => {
  const lines = text.split("\n")
  return parseDirectives(text).flatMap(({ expected, line }) => {
    if (withoutLogLines(expected) === "ok") return []
    const first = lines.indexOf("----", line) + 1
    const last = first + expected.split("\n").length - 1
    const altered = lines.with(
      last,
      lines[last]!.replace(/.$/, (end) => (end === "x" ? "y" : "x"))
    )
    return [
      { line, text: altered.join("\n") },
      { line, text: lines.toSpliced(first, 0, "nobody said this").join("\n") },
      ...(first === last ? [] : [{ line, text: lines.toSpliced(first, 1).join("\n") }])
    ]
  })
}

const output = (args: ReadonlyArray<string>, defaultFolder: string) => {
  const lines: Array<string> = []
  const code = run(args, { defaultFolder, print: (line) => void lines.push(line) })
  return { code, text: lines.join("\n") }
}

const inFolder = (files: Record<string, string>, check: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "traces-"))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe("runTrace", () => {
  it("passes what is right, and sees from the commands what is needed", () => {
    const { difference, passed, tier, total } = runTrace(quorum)
    assert.isUndefined(difference)
    assert.deepStrictEqual({ passed, tier, total }, { passed: 2, tier: "Q", total: 2 })
    assert.isUndefined(runTrace(election).difference)
    assert.strictEqual(
      runTrace("simple\nv1\n----\nvoters=(1)\n1: StateProbe match=0 next=1").passed,
      1
    )
  })

  it("fails at the directive of any line that is changed, added or missing", () => {
    let count = 0
    for (const { text } of [{ text: () => quorum }, { text: () => election }, ...own]) {
      for (const { line, text: changed } of spoiled(text())) {
        count++
        const { difference, passed, total } = runTrace(changed)
        assert.strictEqual(difference?.line, line)
        assert.isBelow(passed, total)
      }
    }
    assert.isAbove(count, 100)
  })

  it("does not go on after a difference, and stops where it is told to", () => {
    const wrong = runTrace(quorum.replace("\n4\n", "\n5\n"))
    assert.deepStrictEqual([wrong.passed, wrong.total], [0, 2])
    assert.strictEqual(runTrace(quorum, 5).total, 1)
  })

  it("reports what nobody can run: unknown commands, unknown nodes, and what is no trace", () => {
    assert.match(runTrace("campagne 1\n----\nok\n").difference!.actual, /unknown command campagne/)
    assert.match(runTrace("campaign 1\n----\nok\n").difference!.actual, /there is no node 1/)
    assert.match(runTrace("A page of text.\n").difference!.actual, /no ---- after the command/)
    assert.match(runTrace("vote cfg=(1,2) votes=(y)\n----\nVoteWon").difference!.actual, /1 values/)
  })

  it("shows what is missing and what is too much", () => {
    const { difference } = runTrace(quorum.replace("xx> ", "xxx>").replace("\n4\n", "\n"))
    assert.strictEqual(
      describeDifference(difference!),
      [
        "           idx",
        "    x>       4    (id=1)",
        "  - xxx>     5    (id=2)",
        "  + xx>      5    (id=2)",
        "    ?        0    (id=3)",
        "  + 4"
      ].join("\n")
    )
  })

  it("leaves out log lines only", () => {
    assert.strictEqual(withoutLogLines("  INFO 1 became leader\n> 1 handling\n"), "> 1 handling")
    assert.strictEqual(withoutLogLines("DEBUG a\nWARN b\n"), "ok")
    assert.strictEqual(withoutLogLines("INFORMATION"), "INFORMATION")
  })
})

describe("the command line", () => {
  it("skips without the default folder, and fails without one that was named", () => {
    const skipped = output([], "/no/such/folder")
    assert.strictEqual(skipped.code, 0)
    assert.match(skipped.text, /^skipped: there is no folder \/no\/such\/folder$/)
    const failed = output(["/no/such/folder"], "/another")
    assert.strictEqual(failed.code, 1)
    assert.match(failed.text, /^there is no folder \/no\/such\/folder$/)
  })

  it("fails when a file fails, with its place", () => {
    const wrong = quorum.replace("VoteLost", "VoteWon")
    inFolder({ "a.txt": quorum, "b.txt": wrong, "c.txt": election }, (folder) => {
      const { code, text } = output([folder], "")
      assert.strictEqual(code, 1)
      assert.match(text, /^Q {2}a.txt: 2\/2$/m)
      assert.match(text, /^Q {2}b.txt: 1\/2\n {3}b.txt:9: vote\n {2}- VoteWon\n {2}\+ VoteLost$/m)
      assert.match(text, /^2\/3 files, 6\/7 directives$/m)
      assert.strictEqual(output([folder, "--file", "a"], "").code, 0)
      assert.strictEqual(output([folder, "--file", "b:1"], "").code, 0)
      assert.strictEqual(output([folder, "--tier", "A"], "").code, 0)
    })
  })

  it("fails where nothing is left to run", () => {
    inFolder({ "a.txt": quorum }, (folder) => {
      assert.strictEqual(output([folder, "--file", "b"], "").code, 1)
      assert.strictEqual(output([folder, "--tier", "M"], "").code, 1)
      assert.strictEqual(output([folder, "--tier", "Z"], "").code, 1)
    })
    inFolder({}, (folder) => assert.strictEqual(output([folder], "").code, 1))
  })

  it("explains itself", () => {
    assert.match(output(["--help"], "the/default").text, /Default: the\/default/)
  })
})
