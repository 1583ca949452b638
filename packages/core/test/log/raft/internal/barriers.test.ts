import { assert, it } from "@effect/vitest"
import { type Answer, Barriers } from "../../../../src/log/raft/internal/barriers.ts"
import { Unavailable } from "../../../../src/log/ReplicatedLog.ts"

it("[RL5] who comes while a round is under way takes the next one", () => {
  const { ask, barriers } = makeBarriers()
  const first = ask(0)
  const token = barriers.round(0)!
  const late = ask(1)
  assert.isUndefined(barriers.round(2))
  barriers.answered(token, 7)
  assert.deepStrictEqual([first, late], [[7], []])
  const next = barriers.round(3)!
  assert.isAbove(next, token)
  barriers.answered(next, 9)
  assert.deepStrictEqual(late, [9])
})

it("[RL5] a round that got lost is asked for again, and serves all who came before it", () => {
  const { ask, barriers } = makeBarriers()
  const first = ask(0)
  barriers.round(0)
  const late = ask(200)
  assert.isUndefined(barriers.round(299))
  const again = barriers.round(300)!
  barriers.answered(again, 8)
  assert.deepStrictEqual([first, late], [[8], [8]])
})

it("[RL5] where every round is slow, each still serves those who came before it, and only them", () => {
  const { ask, barriers } = makeBarriers()
  const first = ask(0)
  const slow = barriers.round(0)!
  const late = ask(200)
  const next = barriers.round(300)!
  const later = ask(350)
  barriers.answered(slow, 5)
  assert.deepStrictEqual([first, late, later], [[5], [], []])
  barriers.round(600)
  barriers.answered(next, 8)
  assert.deepStrictEqual([first, late, later], [[5], [8], []])
})

it("[RL5] the answer to a question of an earlier life serves nobody", () => {
  const { ask, barriers } = makeBarriers()
  const first = ask(0)
  const token = barriers.round(0)!
  barriers.answered(token + 1_000_000, 5)
  barriers.answered(token - 1, 5)
  assert.deepStrictEqual(first, [])
})

it("[RL14] who gave up is not answered, and holds up nobody", () => {
  const { barriers } = makeBarriers()
  const told: Array<Answer> = []
  const giveUp = [0, 1].map(() => barriers.add(0, (answer) => told.push(answer)))
  giveUp[0]!()
  const token = barriers.round(0)!
  giveUp[1]!()
  barriers.answered(token, 3)
  assert.deepStrictEqual(told, [])
  assert.isUndefined(barriers.round(1000))
})

it("[RL16] who has waited for long, and whoever is left at the end, learns why", () => {
  const { ask, barriers } = makeBarriers()
  const [old, young] = [ask(0), ask(100)]
  barriers.round(0)
  barriers.expire(4999, "NoQuorum")
  assert.deepStrictEqual(old, [])
  barriers.expire(5000, "NoQuorum")
  assert.deepStrictEqual([old, young], [[new Unavailable({ reason: "NoQuorum" })], []])
  const waiting = ask(5000)
  barriers.close("Stopping")
  const stopping = new Unavailable({ reason: "Stopping" })
  assert.deepStrictEqual([young, waiting], [[stopping], [stopping]])
})

const makeBarriers = () => {
  const barriers = new Barriers(1000, {})
  return {
    barriers,
    /** The answers, of which there is one at most. */
    ask: (nowMs: number) => {
      const told: Array<Answer> = []
      barriers.add(nowMs, (answer) => told.push(answer))
      return told
    }
  }
}
