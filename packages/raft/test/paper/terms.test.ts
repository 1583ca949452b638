/** §5.1 of the paper: terms are a logical clock, and requests of an earlier one are refused. */
import { assert, describe, it } from "@effect/vitest"
import { disk, Node, plain } from "../Cluster.ts"
import { app, following, heartbeat, leading, vote } from "../messages.ts"

const members = ["a", "b", "c"]

const candidate = (): Node => {
  const node = new Node("a", disk(members), plain)
  node.campaign()
  return node
}

const preCandidate = (): Node => {
  const node = new Node("a", disk(members, { term: 1 }))
  node.campaign()
  return node
}

const roles = [
  ["follower", () => following("a", "c", 1, disk(members), plain)],
  ["preCandidate", preCandidate],
  ["candidate", candidate],
  ["leader", () => leading("a", disk(members), plain)]
] as const

describe("§5.1", () => {
  it.each(roles)("a %s that sees a later term takes it over and follows", (role, make) => {
    const node = make()
    assert.strictEqual(node.role, role)
    assert.strictEqual(node.view.term, 1)
    node.receive(app("b", "a", 2, [0, 0]))
    assert.strictEqual(node.role, "follower")
    assert.strictEqual(node.view.term, 2)
    assert.strictEqual(node.view.leader, "b")
    assert.isUndefined(node.view.vote)
  })

  it.each(roles)("a %s that is asked for a vote in a later term follows nobody", (_, make) => {
    const node = make()
    const { lastIndex } = node.view.log
    node.receive(vote("b", "a", 3, [9, 2]))
    assert.strictEqual(node.role, "follower")
    assert.strictEqual(node.view.term, 3)
    assert.isUndefined(node.view.leader)
    assert.strictEqual(node.view.log.lastIndex, lastIndex)
    node.receive(app("b", "a", 3, [0, 0]))
    assert.strictEqual(node.view.leader, "b")
  })

  it("[RA7] a request of an earlier term changes nothing", () => {
    const node = following("a", "b", 2, disk(members, { terms: [1] }), plain)
    node.receive(app("c", "a", 1, [1, 1], [1], 2))
    node.receive(heartbeat("c", "a", 1, 1))
    assert.deepEqual(node.terms, [1])
    assert.strictEqual(node.view.log.commit, 0)
    assert.strictEqual(node.view.leader, "b")
    assert.deepEqual(node.sent(), [])
  })

  it("[RA8] the term and the vote are known again after a restart", () => {
    const node = new Node("a", disk(members), plain)
    node.receive(vote("b", "a", 7, [0, 0]))
    node.restart()
    assert.deepInclude(node.view, { term: 7, vote: "b", role: "follower" })
    node.receive(vote("c", "a", 7, [0, 0]))
    const answer = node.answer()
    assert.deepInclude(answer, { _tag: "VoteResp", to: "c", granted: false })
  })
})
