import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { LogIndex } from "../../src/value/LogIndex.ts"
import * as Token from "../../src/watch/Token.ts"

const numRuns = Number(process.env["RUNS"] ?? 500)

const index = fc.integer({ min: 1, max: 2 ** 52 })
const token = fc
  .record({
    log: fc.string({ minLength: 1, unit: "grapheme" }),
    collection: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/u),
    uid: index,
    more: fc.nat(),
    op: fc.nat()
  })
  .map(({ collection, log, more, op, uid }): Token.Token => ({
    log,
    collection,
    uid: uid as LogIndex,
    place: { index: (uid + more) as LogIndex, op }
  }))

const roundTrip = (token: Token.Token) =>
  assert.deepStrictEqual(Token.decode(Token.encode(token)), token)

const strict = (text: string) => {
  const decoded = Token.decode(text)
  if (decoded !== undefined) assert.strictEqual(Token.encode(decoded), text)
}

describe("Token", () => {
  it("[ST16] a token says the same after it was text", () => {
    fc.assert(fc.property(token, roundTrip), { numRuns })
  })

  it("[ST16] there is one text for a token, and other text is none", () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .tuple(token, fc.nat({ max: 60 }), fc.constantFrom("", "0", "A", ".", "-", " ", "z"))
        .map(([token, at, instead]) => {
          const text = Token.encode(token)
          return text.slice(0, at) + instead + text.slice(at + 1)
        })
    )
    fc.assert(fc.property(texts, strict), { numRuns })
  })

  it.each([
    "",
    "w1",
    "w1.1.1.0.a.",
    "w1.1.1.0..log",
    "w2.1.1.0.a.log",
    "w1.2.1.0.a.log",
    "w1.0.1.0.a.log",
    "w1.01.1.0.a.log",
    "w1.1.-1.0.a.log",
    "w1.1.zzzzzzzzzzzzz.0.a.log",
    `w1.1.1.0.a.${"l".repeat(2000)}`
  ])("[ST16] %j is no token", (text) => {
    assert.isUndefined(Token.decode(text))
  })
})
