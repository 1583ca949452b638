/** What comes from outside and does not fit: dropped, refused, or the end of the node, one row a test. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "../../src/Message.ts"
import type { RefusalReason } from "../../src/Output.ts"
import { change, disk, leaveJoint, Node, type Options, plain } from "../Cluster.ts"
import {
  accepted,
  app,
  established,
  following,
  heartbeat,
  heartbeatResp,
  snap,
  vote,
  voteResp
} from "../messages.ts"

const members = ["a", "b", "c"]
const empty = disk(members)

/** What a node may never do with a message that is nothing to it. */
const untouched = (node: Node, act: () => void) => {
  const before = JSON.stringify([node.terms, node.view.term, node.view.log.commit, node.role])
  act()
  assert.strictEqual(
    JSON.stringify([node.terms, node.view.term, node.view.log.commit, node.role]),
    before
  )
}

describe("messages that are dropped", () => {
  it("to another memory of the same node: counted", () => {
    const node = new Node("a/2", disk(["a/2", "b/1"]))
    untouched(node, () => node.receive(app("b/1", "a/1", 5, [0, 0], [5], 1)))
    assert.strictEqual(node.view.dropped, 1)
    assert.deepEqual(node.sent(), [])
  })

  const answers: ReadonlyArray<Message> = [
    accepted("x", "a", 9, 1),
    heartbeatResp("x", "a", 9),
    voteResp("x", "a", 9, false),
    voteResp("x", "a", 9, true, "PreVoteResp"),
    { _tag: "ReadIndexResp", from: "x", to: "a", term: 9, token: 1, index: 1 }
  ]
  it.each(answers)("$_tag of a node outside of the leader's configuration: counted", (answer) => {
    const node = established("a", empty)
    untouched(node, () => node.receive(answer))
    assert.strictEqual(node.view.dropped, 1)
    assert.deepEqual(node.sent(), [])
  })
})

describe("requests of nodes outside of the local configuration are heard", () => {
  const requests: ReadonlyArray<readonly [Message, Message["_tag"]]> = [
    [app("x", "a", 1, [0, 0], [1]), "AppResp"],
    [heartbeat("x", "a", 1), "HeartbeatResp"],
    [snap("x", "a", 1, [5, 1], empty), "AppResp"],
    [vote("x", "a", 1, [0, 0]), "VoteResp"],
    [vote("x", "a", 1, [0, 0], "PreVote"), "PreVoteResp"]
  ]
  it.each(requests)("$_tag", (request, expected) => {
    const node = new Node("a", empty)
    node.receive(request)
    const answer = node.answer()
    assert.strictEqual(answer._tag, expected)
    assert.strictEqual(answer.to, "x")
    assert.strictEqual(node.view.dropped, 0)
  })
})

/** One row: an old message, and what it is answered with. */
const old = (answer: Message["_tag"] | undefined, message: Message, options: Options = {}) => ({
  message,
  options,
  answer,
  tag: message._tag,
  reply: answer ?? "nothing",
  mode: options.preVote === false ? ", without check-quorum and pre-vote" : ""
})
describe("messages of an earlier term", () => {
  const answered = [
    old("AppResp", app("c", "a", 4, [1, 1], [4], 2)),
    old("AppResp", heartbeat("c", "a", 4, 1)),
    old("PreVoteResp", vote("c", "a", 4, [9, 4], "PreVote")),
    old(undefined, app("c", "a", 4, [1, 1], [4], 2), plain),
    old(undefined, heartbeat("c", "a", 4, 1), plain),
    old(undefined, vote("c", "a", 4, [9, 4])),
    old(undefined, voteResp("c", "a", 4, true)),
    old(undefined, snap("c", "a", 4, [9, 4], empty)),
    old(undefined, accepted("c", "a", 4, 1)),
    old(undefined, heartbeatResp("c", "a", 4)),
    old(undefined, { _tag: "TimeoutNow", from: "c", to: "a", term: 4 }),
    old(undefined, { _tag: "ReadIndex", from: "c", to: "a", term: 4, token: 1 }),
    old(undefined, { _tag: "TransferLeader", from: "c", to: "a", term: 4, transferee: "c" })
  ]
  it.each(answered)("$tag is answered with $reply$mode, and never applied", (row) => {
    const node = following("a", "b", 5, disk(members, { terms: [1, 1] }), row.options)
    untouched(node, () => node.receive(row.message))
    const [first, ...others] = node.sent()
    assert.strictEqual(first?._tag, row.answer)
    assert.deepEqual(others, [])
    // It tells the sender, who is behind, the present term.
    if (first !== undefined) assert.strictEqual(first.term, 5)
    if (first?._tag === "PreVoteResp") assert.isFalse(first.granted)
    if (first?._tag === "AppResp") assert.strictEqual(first.index, 0)
  })

  it("reads and transfers of an earlier term are dropped by a leader too", () => {
    const node = established("a", disk(members, { term: 4 }))
    node.receive({ _tag: "ReadIndex", from: "c", to: "a", term: 4, token: 1 })
    node.receive({ _tag: "TransferLeader", from: "c", to: "a", term: 4, transferee: "c" })
    assert.deepEqual(node.sent(), [])
    assert.isUndefined(node.view.transferee)
  })
})

describe("entries that do not fit", () => {
  const log = disk(members, { terms: [1, 1, 2], commit: 2 })

  it("[RA3] behind a gap: refused, with the last place that can match", () => {
    const node = following("a", "b", 3, log)
    untouched(node, () => node.receive(app("b", "a", 3, [5, 3], [3], 5)))
    assert.deepInclude(node.answer(), { index: 5, hint: { index: 3, term: 2 } })
  })

  it("[RA7] behind an old place: accepted up to the known commit, and nothing is cut", () => {
    const node = following("a", "b", 3, log)
    untouched(node, () => node.receive(app("b", "a", 3, [0, 0], [1], 1)))
    assert.deepInclude(node.answer(), { index: 2, hint: undefined })
    assert.deepEqual(node.terms, [1, 1, 2])
  })

  it.each([
    ["in place of a committed one", app("b", "a", 3, [0, 0], [1, 3])],
    ["behind a place that is another one here", app("b", "a", 3, [1, 3], [])],
    ["behind a last committed one that is another one here", app("b", "a", 3, [2, 3], [3])]
  ])("[RA4] %s: two histories exist, and the node stops", (_, message) => {
    const node = following("a", "b", 3, log)
    assert.throws(() => node.receive(message), /RA4/)
  })

  it("[RA1] of a second leader in the same term: the node stops", () => {
    const node = following("a", "b", 3, log)
    assert.throws(() => node.receive(heartbeat("c", "a", 3)), /RA1/)
    assert.throws(() => established("a", empty).receive(heartbeat("b", "a", 1)), /RA1/)
  })

  it.each([
    ["below", 1],
    ["at", 2]
  ])("[RA7] a snapshot %s the commit index is answered with the real position", (_, index) => {
    const node = following("a", "b", 3, log)
    untouched(node, () => node.receive(snap("b", "a", 3, [index, 1], log)))
    assert.deepInclude(node.answer(), { _tag: "AppResp", index: 2, hint: undefined })
    assert.deepEqual(node.terms, [1, 1, 2])
  })
})

/** The proposal is refused for this reason, and nothing is stored of it. */
const refuses = (node: Node, reason: RefusalReason, act: (node: Node) => void) => {
  const before = node.view.log.lastIndex
  act(node)
  assert.deepEqual(
    node.refused.map((refusal) => refusal.reason),
    [reason]
  )
  assert.strictEqual(node.view.log.lastIndex, before)
  assert.deepEqual(node.proposed, [])
}

describe("proposals that are refused", () => {
  it("on a follower, which names the leader", () => {
    const node = following("a", "b", 1, empty)
    refuses(node, "NotLeader", () => node.propose("x"))
    assert.strictEqual(node.refused[0]!.leader, "b")
  })

  it("during a transfer of the leadership", () => {
    const node = established("a", empty)
    node.transfer("b")
    refuses(node, "Transferring", () => node.propose("x"))
  })

  it("[RA15] above the limit of what is not committed", () => {
    const node = established("a", empty, { uncommittedMaxBytes: 100 })
    node.propose("x".repeat(50))
    node.proposed = []
    refuses(node, "Overloaded", () => node.propose("x".repeat(50)))
  })

  it.each([
    ["unknown: who is not there is removed", change("Remove", "x")],
    ["of a member that it is already", change("AddVoter", "b")],
    ["empty, and there is nothing to leave", leaveJoint],
    ["of a node without a name", change("AddVoter", "")]
  ])("[RA10] a change that is %s", (_, proposal) => {
    refuses(established("a", empty), "InvalidChange", (node) => node.proposeChange(proposal))
  })

  it("[RA10] a change that removes the last voter", () => {
    const node = established("a", disk(["a"]))
    refuses(node, "InvalidChange", () => node.proposeChange(change("Remove", "a")))
    refuses(established("a", disk(["a"])), "InvalidChange", (other) =>
      other.proposeChange(change("AddLearner", "a"))
    )
  })

  it("[RA10] a change while another is not applied", () => {
    const node = established("a", empty)
    node.proposeChange(change("AddLearner", "d"))
    node.proposed = []
    refuses(node, "ConfChangePending", () => node.proposeChange(change("AddLearner", "e")))
  })
})

describe("bugs of the shell stop the node", () => {
  it("[RA15] an entry above the limit", () => {
    const node = established("a", empty, { entryMaxBytes: 10 })
    node.propose("x".repeat(10))
    assert.throws(() => node.propose("x".repeat(11)), /RA15/)
  })

  it("[RA11] a batch that was never handed out, or is durable already", () => {
    const node = established("a", empty)
    assert.throws(() => node.step({ _tag: "Persisted", batch: 99 }), /RA11/)
    const again = established("a", empty)
    assert.throws(() => again.step({ _tag: "Persisted", batch: 1 }), /RA11/)
  })

  it("[RA7] what is applied goes back, or was never handed out", () => {
    const node = established("a", empty)
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    assert.strictEqual(node.view.log.applied, 2)
    assert.throws(() => node.step({ _tag: "Applied", index: 1 }), /RA7/)
    assert.throws(() => node.step({ _tag: "Applied", index: 3 }), /RA7/)
  })

  it("[RA14] a snapshot of what is not applied", () => {
    const node = established("a", empty)
    const snapshot = { ...empty.snapshot, index: 2, term: 1 }
    assert.throws(() => node.step({ _tag: "SnapshotTaken", snapshot, keepFrom: 1 }), /RA14/)
  })

  it("a proposal without an entry", () => {
    const node = established("a", empty)
    const entries: ReadonlyArray<Uint8Array> = []
    assert.throws(() => node.step({ _tag: "Proposed", token: 1, entries, timeMs: 0 }), /RA15/)
  })
})
