/** What both ends of a vote tell each other about the commit index. */
import { assert, describe, it } from "@effect/vitest"
import { encodeChange } from "../../src/membership/ConfChangeCodec.ts"
import type { Entry } from "../../src/Entry.ts"
import { change, disk, entriesAfter, Node } from "../Cluster.ts"
import { vote, voteResp } from "../messages.ts"

const removal: Entry = {
  term: 1,
  index: 2,
  kind: "confChange",
  time: 0,
  data: encodeChange(change("Remove", "a"))
}

/** A node of {a, b} whose log removes a at 2, and goes on with entries of these terms. */
const node = (id: string, commit: number, ...terms: ReadonlyArray<number>) =>
  nodeOf(["a", "b"], id, commit, terms)

const nodeOf = (
  voters: ReadonlyArray<string>,
  id: string,
  commit: number,
  terms: ReadonlyArray<number>
) => {
  const restored = disk(voters, { term: 1, commit, terms: [1] })
  const entries = [...restored.entries, removal, ...entriesAfter(2, terms)]
  const made = new Node(id, { ...restored, entries })
  // What is committed on the disk is handed out when something happens.
  made.tick()
  return made
}

describe("a vote carries the commit index", () => {
  it("[RA18] a leader who left with more entries tells the last voter that it may go on alone", () => {
    const left = node("a", 2, 1)
    assert.deepEqual(left.view.configuration.voters, ["b"])
    const last = node("b", 1)
    last.campaign()
    const [question] = last.sent("PreVote")
    left.receive(question!)
    const [refusal] = left.sent("PreVoteResp")
    assert.deepInclude(refusal!, { granted: false, commit: 2, commitTerm: 1 })
    last.receive(refusal!)
    assert.strictEqual(last.role, "follower")
    assert.deepEqual(last.view.configuration.voters, ["b"])
    last.campaign()
    assert.strictEqual(last.role, "leader")
  })

  it("[RA16] a candidate that learns of a change of membership gives up its election", () => {
    const last = nodeOf(["a", "b", "c"], "b", 1, [])
    last.appliesAtOnce = false
    last.campaign()
    assert.strictEqual(last.role, "preCandidate")
    // One refusal of three decides nothing, but what comes with it does.
    const refusal = voteResp("a", "b", 1, false, "PreVoteResp")
    last.receive({ ...refusal, commit: 2, commitTerm: 1 })
    assert.strictEqual(last.role, "follower")
    last.receive(voteResp("c", "b", 2, true, "PreVoteResp"))
    assert.strictEqual(last.role, "follower")
    last.campaign()
    assert.strictEqual(last.role, "follower")
  })

  it("[RA4] a commit of another history is not believed", () => {
    const last = node("b", 1)
    last.receive({ ...vote("a", "b", 2, [9, 2]), commit: 2, commitTerm: 2 })
    assert.strictEqual(last.view.log.commit, 1)
    last.receive({ ...vote("a", "b", 2, [9, 2]), commit: 3, commitTerm: 1 })
    assert.strictEqual(last.view.log.commit, 1)
    last.receive({ ...vote("a", "b", 2, [9, 2]), commit: 2, commitTerm: 1 })
    assert.strictEqual(last.view.log.commit, 2)
  })

  it("who grants a vote says nothing of commits", () => {
    const left = node("a", 2)
    left.receive(vote("b", "a", 2, [9, 1]))
    assert.deepInclude(left.sent("VoteResp")[0]!, { granted: true, commit: 0, commitTerm: 0 })
  })
})
