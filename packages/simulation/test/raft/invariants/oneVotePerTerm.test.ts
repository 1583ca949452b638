import { assert, describe, it } from "@effect/vitest"
import { oneVotePerTerm } from "../../../src/raft/invariants/oneVotePerTerm.ts"
import { HandMade, type HandNode } from "../HandMade.ts"

describe("oneVotePerTerm", () => {
  it("[RA8] says nothing about the same vote again, or one of the next term", () => {
    const cloud = new HandMade(oneVotePerTerm)
    assert.isUndefined(vote(cloud, cloud.a, 2, "b"))
    assert.isUndefined(cloud.started(cloud.a))
    assert.isUndefined(vote(cloud, cloud.a, 2, "b"))
    assert.isUndefined(vote(cloud, cloud.a, 3, "c"))
    assert.isUndefined(vote(cloud, cloud.b, 3, "b"))
  })

  it("[RA8] finds a second vote on the disk", () => {
    const cloud = new HandMade(oneVotePerTerm)
    vote(cloud, cloud.a, 2, "b")
    assert.match(vote(cloud, cloud.a, 2, "c")!, /a voted for b and for c in term 2/)
  })

  it("[RA8] finds a vote in a message that is not the one on the disk", () => {
    const cloud = new HandMade(oneVotePerTerm)
    vote(cloud, cloud.a, 2, "b")
    const grant = {
      _tag: "VoteResp",
      from: "a",
      to: "c",
      term: 2,
      granted: true,
      commit: 0,
      commitTerm: 0
    } as const
    assert.isUndefined(cloud.sent(cloud.a, { ...grant, granted: false }))
    assert.isUndefined(cloud.sent(cloud.a, { ...grant, _tag: "PreVoteResp" }))
    assert.match(cloud.sent(cloud.a, grant)!, /a voted for b and for c/)
  })

  it("[RA8] finds a vote that was not read back from the disk", () => {
    const cloud = new HandMade(oneVotePerTerm)
    vote(cloud, cloud.a, 2, "b")
    cloud.a.raft.vote = undefined
    assert.match(cloud.started(cloud.a)!, /forgot/)
  })
})

const vote = (cloud: HandMade, node: HandNode, term: number, candidate: string) => {
  node.disk.hardState = { term, vote: candidate, commit: 0 }
  node.raft.vote = candidate
  return cloud.synced(node)
}
