/** What the core remembers beside its log: who was a member when, and which snapshots are under way. */
import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { ProgressView } from "@distri/raft/RaftView"
import { Configurations } from "../../../../src/log/raft/internal/configurations.ts"
import { Transfers } from "../../../../src/log/raft/internal/transfers.ts"

const [a, b, c] = [["a"], ["a", "b"], ["a", "b", "c"]].map(withVoters) as [
  ReturnType<typeof withVoters>,
  ReturnType<typeof withVoters>,
  ReturnType<typeof withVoters>
]

it("[RA14] a snapshot has the members of its own index", () => {
  const configurations = new Configurations(1, a)
  configurations.add(5, b)
  configurations.add(9, c)
  assert.deepStrictEqual(
    [0, 1, 4, 5, 8, 9, 100].map((index) => configurations.at(index)),
    [undefined, a, a, b, b, c, c]
  )
  configurations.forget(6)
  assert.deepStrictEqual(
    [4, 6, 9].map((index) => configurations.at(index)),
    [undefined, b, c]
  )
  configurations.reset(20, a)
  assert.deepStrictEqual(
    [19, 20].map((index) => configurations.at(index)),
    [undefined, a]
  )
})

it("[LM15] an offer that nobody fetches is given up, and one that is fetched is not", () => {
  const transfers = new Transfers()
  const waiting = [progress("a/1", "snapshot"), progress("b/1", "snapshot")]
  transfers.begin("a/1", 7, 0)
  transfers.begin("b/1", 7, 0)
  transfers.fetched("b/1", 6000)
  transfers.fetched("unknown/1", 6000)
  const late = (nowMs: number, members = waiting) =>
    transfers.expire(nowMs, members).map(({ index, peer }) => `${peer} ${index}`)
  assert.deepStrictEqual(late(9999), [])
  assert.deepStrictEqual(late(10_000), ["a/1 7"])
  assert.deepStrictEqual(late(15_999), [])
  // The core has heard that it is there.
  assert.deepStrictEqual(late(16_000, [progress("b/1", "replicate")]), [])
  assert.deepStrictEqual(late(60_000), [])
})

const progress = (id: string, state: ProgressView["state"]): ProgressView => ({
  id,
  match: 0,
  next: 1,
  state,
  isPaused: false,
  pendingSnapshot: 0,
  recentActive: true,
  isLearner: false,
  inflights: { count: 0, bytes: 0, isFull: false }
})
