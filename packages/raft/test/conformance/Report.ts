/**
 * Runs a file of directives and says how far it got. After the first difference the rest of the file is
 * not run: the nodes are then in another state than the one it speaks of.
 */
import { BadTrace, type Directive, parseDirectives } from "./Directive.ts"
import { makeRunner, type Tier, tierOf } from "./Runner.ts"

export interface Difference {
  readonly line: number
  readonly command: string
  readonly expected: string
  readonly actual: string
}

export interface Report {
  readonly tier: Tier
  readonly passed: number
  readonly total: number
  readonly difference: Difference | undefined
}

/** `upTo`: the last line of interest; what comes behind it is not run. */
export const runTrace = (text: string, upTo = Infinity): Report => {
  try {
    return runDirectives(parseDirectives(text), upTo)
  } catch (problem) {
    if (!(problem instanceof BadTrace)) throw problem
    const { line, message } = problem
    const difference = { line, command: "", expected: "a trace", actual: message }
    return { tier: "A", passed: 0, total: 1, difference }
  }
}

const runDirectives = (all: ReadonlyArray<Directive>, upTo: number): Report => {
  const tier = tierOf(all)
  const run = makeRunner(tier)
  const directives = all.filter(({ line }) => line <= upTo)
  let passed = 0
  for (const directive of directives) {
    const { command, line } = directive
    const expected = withoutLogLines(directive.expected)
    const actual = withoutLogLines(outputOf(run, directive))
    if (actual !== expected) {
      const difference = { line, command, expected, actual }
      return { tier, passed, total: directives.length, difference }
    }
    passed++
  }
  return { tier, passed, total: directives.length, difference: undefined }
}

/** A broken rule of the core stops its node, but not the report about it. */
const outputOf = (run: (directive: Directive) => string, directive: Directive): string => {
  try {
    return run(directive)
  } catch (problem) {
    const lines = problem instanceof Error ? problem.stack?.split("\n") : undefined
    return lines?.slice(0, 6).join("\n") ?? String(problem)
  }
}

const logLine = /^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /

/** The core logs nothing. Where only log lines are expected, the reference would else have said "ok". */
export const withoutLogLines = (output: string): string => {
  const kept = output
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !logLine.test(line))
  return kept.length === 0 ? "ok" : kept.join("\n")
}

/** Both outputs in one, with what is missing behind `-` and what is too much behind `+`. */
export const describeDifference = ({ actual, expected }: Difference): string => {
  const left = expected.split("\n")
  const right = actual.split("\n")
  const common = commonLengths(left, right)
  const lines: Array<string> = []
  let at = 0
  let to = 0
  while (at < left.length || to < right.length) {
    if (at < left.length && left[at] === right[to]) {
      lines.push(`    ${left[at]}`)
      at++
      to++
    } else if (
      to === right.length ||
      (at < left.length && common[at + 1]![to]! >= common[at]![to + 1]!)
    ) {
      lines.push(`  - ${left[at++]}`)
    } else lines.push(`  + ${right[to++]}`)
  }
  return lines.join("\n")
}

/** The length of the longest common subsequence of all ends of the two lists. */
const commonLengths = (
  left: ReadonlyArray<string>,
  right: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<number>> => {
  const lengths = Array.from({ length: left.length + 1 }, () =>
    Array.from({ length: right.length + 1 }, () => 0)
  )
  for (let at = left.length - 1; at >= 0; at--) {
    for (let to = right.length - 1; to >= 0; to--) {
      lengths[at]![to] =
        left[at] === right[to]
          ? lengths[at + 1]![to + 1]! + 1
          : Math.max(lengths[at + 1]![to]!, lengths[at]![to + 1]!)
    }
  }
  return lengths
}
