import { assert, describe, it } from "@effect/vitest"
import { monotonicIndices } from "../../../src/raft/invariants/monotonicIndices.ts"
import { entries, HandMade, type HandNode } from "../HandMade.ts"

describe("monotonicIndices", () => {
  it("[RA7] lets everything go forward, and begin again at the disk", () => {
    const cloud = running()
    const { raft, disk } = cloud.a
    raft.log.commit = 4
    raft.log.applied = 4
    raft.term = 4
    raft.vote = undefined
    assert.isUndefined(cloud.stepped(cloud.a))
    raft.vote = "c"
    assert.isUndefined(cloud.stepped(cloud.a))
    raft.log.applied = 0
    raft.log.commit = 2
    raft.term = 3
    assert.isUndefined(cloud.started(cloud.a))
    disk.hardState = { term: 4, vote: undefined, commit: 2 }
    assert.match(cloud.started(cloud.a)!, /the disk has term 4/)
  })

  it("[RA7] takes a received snapshot for what it stands for, before it is applied", () => {
    const cloud = running()
    const { log } = cloud.a.raft
    log.list = []
    log.before = log.commit = 9
    log.snapshot = { ...log.snapshot, index: 9 }
    assert.isUndefined(cloud.stepped(cloud.a))
    log.before = 10
    assert.match(cloud.stepped(cloud.a)!, /out of order/)
  })

  it.each<readonly [string, RegExp, (node: HandNode) => void]>([
    ["the term", /term went from 3 to 2/, ({ raft }) => void (raft.term = 2)],
    ["the vote", /vote of term 3 went from b/, ({ raft }) => void (raft.vote = "c")],
    ["commit", /commit went from 3 to 2/, ({ raft }) => void (raft.log.commit = 2)],
    ["applied", /applied went from 2 to 1/, ({ raft }) => void (raft.log.applied = 1)],
    ["order", /out of order/, ({ raft }) => void (raft.log.commit = 5)],
    ["a gap", /out of order/, ({ raft }) => void (raft.log.before = 3)]
  ])("[RA7] finds what goes back: %s", (_, sentence, change) => {
    const cloud = running()
    assert.isUndefined(cloud.stepped(cloud.a))
    change(cloud.a)
    assert.match(cloud.stepped(cloud.a)!, sentence)
  })
})

const running = () => {
  const cloud = new HandMade(monotonicIndices)
  const { raft, disk } = cloud.a
  raft.term = 3
  raft.vote = "b"
  raft.log.list = entries(1, 2, 3, 3)
  raft.log.commit = 3
  raft.log.applied = 2
  disk.hardState = { term: 3, vote: "b", commit: 2 }
  assert.isUndefined(cloud.started(cloud.a))
  return cloud
}
