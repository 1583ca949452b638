import { assert, describe, it } from "@effect/vitest"
import { boundedQueues } from "../../../src/raft/invariants/boundedQueues.ts"
import { entries, entry, HandMade } from "../HandMade.ts"

describe("boundedQueues", () => {
  it("[RA15] lets a window be full to its last message", () => {
    const cloud = leading(256, 4 * 1024 * 1024 + 100)
    cloud.a.raft.uncommittedBytes = 16 * 1024 * 1024
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA15] finds too many messages, too many bytes, and too much that is not committed", () => {
    const many = leading(257, 0)
    assert.match(many.stepped(many.a)!, /257 messages under way to b/)
    const large = leading(1, 6 * 1024 * 1024)
    assert.match(large.stepped(large.a)!, /6291456 bytes under way to b/)
    const uncommitted = leading(0, 0)
    uncommitted.a.raft.uncommittedBytes = 17 * 1024 * 1024
    assert.match(uncommitted.stepped(uncommitted.a)!, /17825792 bytes are uncommitted/)
  })

  it("[RA15] finds a message of several entries that is too long", () => {
    const cloud = leading(0, 0)
    const long = { ...entry(1, 1), data: new Uint8Array(200 * 1024) }
    const app = { _tag: "App", from: "a", to: "b", term: 1, prevIndex: 0, prevTerm: 0 } as const
    assert.isUndefined(cloud.sent(cloud.a, { ...app, entries: entries(1, 1, 1), commit: 0 }))
    const longer = { ...long, data: new Uint8Array(500 * 1024) }
    assert.isUndefined(cloud.sent(cloud.a, { ...app, entries: [longer], commit: 0 }))
    assert.match(cloud.sent(cloud.a, { ...app, entries: [long, long], commit: 0 })!, /2 entries/)
  })
})

const leading = (count: number, bytes: number) => {
  const cloud = new HandMade(boundedQueues)
  cloud.a.raft.lead(2, 1)
  cloud.a.raft.progress = [
    {
      id: "b",
      match: 0,
      next: 1,
      state: "replicate",
      isPaused: false,
      pendingSnapshot: 0,
      recentActive: true,
      isLearner: false,
      inflights: { count, bytes, isFull: false }
    }
  ]
  return cloud
}
