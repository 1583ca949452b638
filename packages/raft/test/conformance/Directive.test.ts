import { assert, describe, it } from "@effect/vitest"
import { BadTrace, bare, isSet, parseDirectives, valueOf, valuesOf } from "./Directive.ts"

const problemOf = (text: string): BadTrace => {
  try {
    parseDirectives(text)
  } catch (problem) {
    if (problem instanceof BadTrace) return problem
    throw problem
  }
  throw new Error("it was taken for a trace")
}

describe("parseDirectives", () => {
  it("reads commands, input and output between comments and blank lines", () => {
    const text = `# A comment.

propose-conf-change 1 v1=true
v3 l4
----
first
  second

# Another.
raft-state
----
ok
`
    assert.deepStrictEqual(parseDirectives(text), [
      {
        line: 3,
        command: "propose-conf-change",
        args: [
          { key: "1", values: [] },
          { key: "v1", values: ["true"] }
        ],
        input: "v3 l4",
        expected: "first\n  second"
      },
      { line: 10, command: "raft-state", args: [], input: "", expected: "ok" }
    ])
  })

  it("reads lists that are separated by commas, blanks, both, or nothing to separate", () => {
    const [directive] = parseDirectives("vote cfg=(1,2) idx=(_, 5) votes=(y n) cfgj=()\n----\n")
    assert.deepStrictEqual(directive!.args, [
      { key: "cfg", values: ["1", "2"] },
      { key: "idx", values: ["_", "5"] },
      { key: "votes", values: ["y", "n"] },
      { key: "cfgj", values: [] }
    ])
  })

  it("reads outputs with blank lines between doubled separators", () => {
    const text = "status 1\n----\n----\none\n\n----\ntwo\n----\n----\n\nstatus 2\n----\nok\n"
    const [long, short] = parseDirectives(text)
    assert.strictEqual(long!.expected, "one\n\n----\ntwo")
    assert.strictEqual(short!.line, 11)
    assert.strictEqual(short!.expected, "ok")
  })

  it("goes on in the next line behind a backslash, and takes lines that end with CR LF", () => {
    const [directive] = parseDirectives("deliver-msgs 1 \\\r\n  drop=(2,3)\r\n----\r\nok\r\n")
    assert.deepStrictEqual(bare(directive!), ["1"])
    assert.deepStrictEqual(valuesOf(directive!, "drop"), ["2", "3"])
    assert.strictEqual(directive!.expected, "ok")
  })

  it("names the line of a command without output, and of an output without end", () => {
    assert.strictEqual(problemOf("status 1\n----\nok\n\nstatus 2\nok\n").line, 5)
    assert.strictEqual(problemOf("\nstatus 1\n----\n----\nok\n").line, 2)
    assert.match(problemOf("# nothing but words\n").message, /no command/)
  })

  it("gives arguments by their names", () => {
    const [directive] = parseDirectives("add-nodes 3 prevote=true inflight=2 voters=(1 2)\n----\n")
    assert.deepStrictEqual(bare(directive!), ["3"])
    assert.strictEqual(valueOf(directive!, "inflight"), "2")
    assert.strictEqual(valueOf(directive!, "missing"), undefined)
    assert.isTrue(isSet(directive!, "prevote"))
    assert.isFalse(isSet(directive!, "inflight"))
  })
})
