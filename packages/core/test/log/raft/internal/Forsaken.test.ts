import { assert, describe, it } from "@effect/vitest"
import { Forsaken } from "../../../../src/log/raft/internal/forsaken.ts"
import type { Survey } from "../../../../src/log/raft/internal/survey.ts"
import { LogId } from "../../../../src/log/ReplicatedLog.ts"

describe("[LM19] a log is forsaken", () => {
  it("where all have said for three seconds that they have nothing of it, the last time since then", () => {
    const forsaken = new Forsaken()
    assert.deepStrictEqual(
      [
        forsaken.look("log", nothing(900), 1000),
        forsaken.look("log", nothing(3900), 3999),
        // They said so long ago.
        forsaken.look("log", nothing(1000), 4000),
        forsaken.look("log", nothing(1001), 4000)
      ],
      [false, false, false, true]
    )
  })

  it.each<[string, Survey]>([
    ["is silent", { ...nothing(2000), silent: ["c"] }],
    ["has something of it", { ...nothing(2000), answers: [answer("log", true)] }],
    ["does not say, as earlier releases", { ...nothing(2000), answers: [answer("log")] }]
  ])("[LM20] not where one of them %s, and then the time begins anew", (_, other) => {
    const forsaken = new Forsaken()
    forsaken.look("log", nothing(0), 0)
    assert.isFalse(forsaken.look("log", other, 5000))
    assert.isFalse(forsaken.look("log", nothing(5900), 6000))
    assert.isFalse(forsaken.look("log", nothing(8900), 8999))
    assert.isTrue(forsaken.look("log", nothing(8900), 9000))
  })

  it("not for what they said about another log, nor without one", () => {
    const forsaken = new Forsaken()
    forsaken.look("log", nothing(0), 0)
    assert.isFalse(forsaken.look("other", nothing(5000), 5000))
    assert.isFalse(forsaken.look(undefined, nothing(9000), 9000))
    assert.isFalse(forsaken.look("other", nothing(9100), 9100))
  })

  it("where another log is all that somebody has", () => {
    const forsaken = new Forsaken()
    const elsewhere = { ...nothing(2000), answers: [answer("other", true)] }
    forsaken.look("log", elsewhere, 1000)
    assert.isTrue(forsaken.look("log", elsewhere, 4000))
  })
})

const answer = (log: string, holds?: boolean): Survey["answers"][number] => ({
  id: "b/1",
  durability: "memory",
  log: LogId.make(log),
  members: [],
  ...(holds !== undefined && { holds })
})

const nothing = (askedMs: number): Survey => ({
  answers: [answer("log", false)],
  silent: [],
  isRefused: false,
  askedMs
})
