import { assert, it } from "@effect/vitest"
import type { Entry } from "@distri/raft/Entry"
import {
  type Answer,
  type Proposal,
  Proposals
} from "../../../../src/log/raft/internal/proposals.ts"
import { Ambiguous, Unavailable } from "../../../../src/log/ReplicatedLog.ts"
import { Overloaded } from "../../../../src/service/Refusal.ts"

const noLeader = new Unavailable({ reason: "NoLeader" })
const inDoubt = new Ambiguous({ id: "id" })

it("[RL2] an append is answered with its index once its entry is committed", () => {
  const { add, proposals } = make()
  const [one, two] = [add(), add()]
  const { data, token } = proposals.take(1000)!
  assert.strictEqual(data.length, 2)
  proposals.accepted(token, 5, 3)
  proposals.committed(entry(5, 3))
  assert.deepStrictEqual([one, two], [[5], []])
  proposals.committed(entry(6, 3))
  assert.deepStrictEqual(two, [6])
  assert.deepStrictEqual(proposals.held, { count: 0, bytes: 0 })
})

it("[RL9] an append is refused when another entry is committed in its place", () => {
  const { accepted, proposals } = make()
  const told = accepted(5, 3)
  proposals.committed(entry(5, 4))
  assert.deepStrictEqual(told, [noLeader])
})

it("[RL9] what the core did not store is refused, and a doubt stays one", () => {
  const { accepted, add, proposals } = make()
  const refused = add()
  proposals.refused(proposals.take(1000)!.token, noLeader)
  assert.deepStrictEqual(refused, [noLeader])
  // The same place again in a later term: what became of the first one nobody here knows.
  const first = accepted(5, 3)
  const second = accepted(5, 6)
  assert.deepStrictEqual(first, [inDoubt])
  proposals.committed(entry(5, 6))
  assert.deepStrictEqual(second, [5])
  const skipped = accepted(7, 6)
  const beyond = accepted(9, 6)
  proposals.skipped(8)
  assert.deepStrictEqual([skipped, beyond], [[inDoubt], []])
  proposals.giveUp()
  assert.deepStrictEqual(beyond, [inDoubt])
  assert.deepStrictEqual(proposals.held, { count: 0, bytes: 0 })
})

it("[RL9] when its time is over, what was not proposed is refused, and the rest is in doubt", () => {
  const { accepted, add, proposals } = make()
  const proposed = accepted(5, 3)
  const queued = add()
  proposals.expire(999)
  assert.deepStrictEqual([proposed, queued], [[], []])
  proposals.expire(1000)
  assert.deepStrictEqual(proposed, [inDoubt])
  assert.deepStrictEqual(queued, [new Unavailable({ reason: "NoQuorum" })])
  // What was refused is not proposed any more.
  assert.isUndefined(proposals.take(1000))
})

it("[RL13] no more is held than is allowed, also of what nobody waits for", () => {
  const proposals = new Proposals({ proposalsMax: 3, proposalsMaxBytes: 1000 })
  const all = [proposal(), proposal(), proposal()]
  for (const one of all) assert.isUndefined(proposals.add(one))
  assert.instanceOf(proposals.add(proposal()), Overloaded)
  proposals.accepted(proposals.take(1000)!.token, 5, 3)
  for (const one of all) one.answer = undefined
  assert.instanceOf(proposals.add(proposal()), Overloaded)
  proposals.committed(entry(5, 3))
  assert.instanceOf(proposals.add(proposal(new Uint8Array(1000))), Overloaded)
  assert.isUndefined(proposals.add(proposal()))
})

it("[RL14] who stopped waiting before it was proposed leaves nothing", () => {
  const proposals = new Proposals({ proposalsMax: 10, proposalsMaxBytes: 1000 })
  const one = proposal()
  proposals.add(one)
  one.answer = undefined
  assert.isUndefined(proposals.take(1000))
  assert.deepStrictEqual(proposals.held, { count: 0, bytes: 0 })
})

it("batches are as large as they may be, in the order of the calls", () => {
  const proposals = new Proposals({ proposalsMax: 10, proposalsMaxBytes: 10_000 })
  for (const size of [100, 100, 900, 10]) proposals.add(proposal(new Uint8Array(size)))
  const sizes = () => proposals.take(400)?.data.map(({ length }) => length)
  assert.deepStrictEqual([sizes(), sizes(), sizes(), sizes()], [[100, 100], [900], [10], undefined])
  assert.isTrue(proposals.isEmpty)
})

it("[RL16] at the end what was not proposed is refused, and the rest is in doubt", () => {
  const { accepted, add, proposals } = make()
  const proposed = accepted(5, 3)
  const handed = add()
  proposals.take(1000)
  const queued = add()
  proposals.close()
  assert.deepStrictEqual([proposed, handed], [[inDoubt], [inDoubt]])
  assert.deepStrictEqual(queued, [new Unavailable({ reason: "Stopping" })])
  assert.deepStrictEqual(proposals.held, { count: 0, bytes: 0 })
})

const proposal = (data = new Uint8Array(1)): Proposal => ({
  id: "id",
  data,
  deadlineMs: 1000,
  answer: () => {}
})

const make = () => {
  const proposals = new Proposals({ proposalsMax: 100, proposalsMaxBytes: 10_000 })
  const add = () => {
    const told: Array<Answer> = []
    proposals.add({ ...proposal(), answer: (answer) => void told.push(answer) })
    return told
  }
  /** One that the core has put into its log at `index`. */
  const accepted = (index: number, term: number) => {
    const told = add()
    proposals.accepted(proposals.take(1000)!.token, index, term)
    return told
  }
  return { accepted, add, proposals }
}

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: "command",
  time: 0,
  data: new Uint8Array(1)
})
