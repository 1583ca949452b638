import { assert, it } from "@effect/vitest"
import * as Seen from "../../src/client/pure/Seen.ts"

const told = (
  ...answers: ReadonlyArray<readonly [log: string, version: number, nowMs?: number]>
) => {
  const { log, version } = answers.reduce(
    (seen, [log, version, nowMs = 1000]) => Seen.later(seen, { log, version }, nowMs),
    Seen.nothing
  )
  return [log, version]
}

it("[DB10] what was seen of a log never becomes less", () => {
  assert.deepStrictEqual(told(["a", 5], ["a", 3], ["", 9]), ["a", 5])
})

it("[DB10] another log counts from its first answer on, with its own versions", () => {
  assert.deepStrictEqual(told(["a", 5], ["b", 1]), ["b", 1])
})

it("[DB10] a node that has not heard of the new log does not lead back to the old one", () => {
  assert.deepStrictEqual(told(["a", 5], ["b", 1], ["a", 6]), ["b", 1])
  // If it goes on for long, the first answer was the one that had not heard.
  assert.deepStrictEqual(told(["a", 5], ["b", 1], ["a", 6, 100_000]), ["a", 6])
})
