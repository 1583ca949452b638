import { assert, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"

/** What differs from one node, run or runtime to the next. */
const impure: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ["a clock", /\bDate\.now\b|\bnew Date\(\)|\bperformance\b/],
  ["randomness", /\bMath\.random\b|\bcrypto\b/],
  ["a locale", /\bIntl\b|\blocaleCompare\b|\btoLocale\w+/],
  ["a regular expression", /\bRegExp\b|\.(match|matchAll|test|replace|search|split)\(\/|= \/[^/*]/],
  ["a promise", /\basync\b|\bawait\b|\bPromise\b/],
  ["configuration", /\bprocess\b|\bConfig\b/],
  ["the end of objects", /\bWeakRef\b|\bFinalizationRegistry\b/]
]

it("[ST5] nothing in the store can differ between two nodes", () => {
  const files = globSync(`${import.meta.dirname}/../src/**/*.ts`)
  assert.isAbove(files.length, 30)
  for (const file of files) {
    const code = withoutComments(readFileSync(file, "utf8"))
    for (const [what, pattern] of impure) assert.notMatch(code, pattern, `${file} uses ${what}`)
  }
})

it("[ST5] the search finds what it looks for", () => {
  for (const [what, text] of [
    ["a clock", "const t = Date.now()"],
    ["randomness", "Math.random() < 0.5"],
    ["a locale", "a.localeCompare(b)"],
    ["a regular expression", "const name = /^[a-z]+$/"],
    ["a promise", "async () => 1"]
  ] as const) {
    const [, pattern] = impure.find(([name]) => name === what)!
    assert.match(text, pattern)
  }
})

const withoutComments = (code: string) =>
  code.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "")
