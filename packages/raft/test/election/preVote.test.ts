/**
 * Pre-vote and check-quorum (Ongaro §9.6, §6.2): a node that comes back does not depose a healthy leader, a
 * leader that is cut off does not go on, and together they leave nobody stuck.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk, Node, type Options, plain } from "../Cluster.ts"
import {
  established,
  following,
  heartbeat,
  heartbeatResp,
  leading,
  vote,
  voteResp
} from "../messages.ts"

const members = ["a", "b", "c"]
const preVote: Options = { preVote: true, checkQuorum: false }
const checkQuorum: Options = { preVote: false, checkQuorum: true }
const both: Options = {}

const led = (options: Options) => {
  const cluster = new Cluster(members, options)
  cluster.campaign("a")
  assert.deepEqual(cluster.leaders, ["a"])
  return cluster
}

const states = (cluster: Cluster) =>
  [...cluster.nodes.values()].map(({ role, view }) => `${role} ${view.term}`)

/** So many ticks without a leader that votes are given again, but not so many that it campaigns. */
const wait = (cluster: Cluster, id: string) => {
  const node = cluster.node(id)
  node.tick(node.config.electionTicks)
  assert.strictEqual(node.role, "follower")
}

describe("pre-vote", () => {
  it("a pre-candidate keeps its term and its vote until it has won", () => {
    const node = new Node("a", disk(members, { term: 4, vote: "c" }))
    node.campaign()
    assert.deepInclude(node.view, { role: "preCandidate", term: 4, vote: "c" })
    assert.deepEqual(node.sent(), [
      vote("a", "b", 5, [0, 0], "PreVote"),
      vote("a", "c", 5, [0, 0], "PreVote")
    ])
    node.receive(voteResp("b", "a", 5, true, "PreVoteResp"))
    assert.deepInclude(node.view, { role: "candidate", term: 5, vote: "a" })
    assert.deepEqual(node.sent(), [vote("a", "b", 5, [0, 0]), vote("a", "c", 5, [0, 0])])
  })

  it.each([
    ["nothing", [], "preCandidate", 0],
    ["one no", [false], "preCandidate", 0],
    ["two no", [false, false], "follower", 0],
    ["one yes", [true], "candidate", 1]
  ] as const)("with %s from the others, %j, it is a %s of term %i", (_, votes, role, term) => {
    const node = new Node("a", disk(members))
    node.campaign()
    for (const [position, granted] of votes.entries()) {
      node.receive(voteResp(["b", "c"][position]!, "a", granted ? 1 : 0, granted, "PreVoteResp"))
    }
    assert.deepInclude(node.view, { role, term })
  })

  it("a refusal that tells of a later term makes a follower of it", () => {
    const node = new Node("a", disk(members, { term: 1 }))
    node.campaign()
    node.receive(voteResp("b", "a", 5, false, "PreVoteResp"))
    assert.deepInclude(node.view, { role: "follower", term: 5 })
  })

  it("[RA8] it binds nobody: the same voter grants it to all who ask", () => {
    const node = new Node("a", disk(members, { term: 1, vote: "c" }))
    for (const id of ["b", "c", "x"]) {
      node.receive(vote(id, "a", 2, [0, 0], "PreVote"))
      assert.deepEqual(node.answer(), voteResp("a", id, 2, true, "PreVoteResp"))
    }
    assert.deepInclude(node.view, { term: 1, vote: "c" })
  })

  it("its own answer counts only for what it asks now", () => {
    const node = new Node("a", disk(members))
    node.persistsAtOnce = false
    node.campaign()
    node.receive(voteResp("b", "a", 1, true, "PreVoteResp"))
    node.receive(voteResp("c", "a", 1, true, "PreVoteResp"))
    assert.strictEqual(node.role, "candidate")
    node.persist(1)
    node.receive(voteResp("b", "a", 1, true))
    assert.strictEqual(node.role, "candidate", "the vote for itself is not durable")
    node.persist()
    assert.strictEqual(node.role, "leader")
  })

  it("a node that comes back with less of the log disturbs nobody", () => {
    const cluster = led(preVote)
    cluster.isolate("c")
    cluster.propose("a", "x")
    cluster.tick(40, ["c"])
    assert.strictEqual(cluster.node("c").view.term, 1)
    cluster.heal()
    cluster.campaign("c")
    assert.deepEqual(states(cluster), ["leader 1", "follower 1", "follower 1"])
  })

  it("without it such a node deposes the leader, and does not win", () => {
    const cluster = led(plain)
    cluster.isolate("c")
    cluster.propose("a", "x")
    cluster.campaign("c")
    cluster.heal()
    cluster.campaign("c")
    assert.deepEqual(states(cluster), ["follower 3", "follower 3", "follower 3"])
  })

  it("a split election ends in the next round", () => {
    const cluster = led(preVote)
    cluster.isolate("a")
    cluster.node("b").campaign()
    cluster.node("c").campaign()
    cluster.settle()
    assert.deepEqual(states(cluster).slice(1), ["candidate 2", "candidate 2"])
    cluster.campaign("b")
    assert.deepEqual(states(cluster).slice(1), ["leader 3", "follower 3"])
  })

  it("a node of a smaller term can complete an election when the leader is gone", () => {
    const cluster = led(preVote)
    cluster.isolate("c")
    cluster.campaign("c")
    cluster.campaign("b")
    assert.deepEqual(states(cluster), ["follower 2", "leader 2", "preCandidate 1"])
    cluster.heal()
    cluster.isolate("b")
    cluster.campaign("c")
    cluster.campaign("a")
    assert.include(cluster.leaders, "a")
    assert.strictEqual(cluster.node("c").view.leader, "a")
  })
})

/** c ran without pre-vote and is in term 3 as a candidate, with less of the log; then it is restarted with it. */
const migrated = () => {
  const cluster = new Cluster({ a: disk(members), b: disk(members), c: disk(members) }, preVote)
  cluster.campaign("a")
  cluster.isolate("c")
  cluster.propose("a", "x")
  const c = cluster.node("c")
  c.disk = { ...c.disk, hardState: { ...c.disk.hardState, term: 3, vote: "c" } }
  c.restart()
  cluster.heal()
  return cluster
}

describe("a node that is ahead in its term", () => {
  it("asks in vain, and the leader that writes to it learns the term and frees it", () => {
    const cluster = migrated()
    cluster.campaign("c")
    assert.deepEqual(states(cluster).slice(0, 2), ["leader 1", "follower 1"])
    cluster.tick(1, ["a"])
    assert.deepInclude(cluster.node("a").view, { role: "follower", term: 3 })
  })

  it("is no obstacle to an election without the leader", () => {
    const cluster = migrated()
    cluster.isolate("a")
    for (let round = 0; round < 2; round++) {
      cluster.campaign("c")
      cluster.campaign("b")
    }
    assert.strictEqual(cluster.node("b").role, "leader")
    assert.strictEqual(cluster.node("c").view.leader, "b")
  })

  it("with check-quorum the leader learns of it in the same way", () => {
    const cluster = led(checkQuorum)
    cluster.isolate("a")
    cluster.campaign("c")
    cluster.campaign("c")
    assert.deepEqual(states(cluster), ["leader 1", "follower 1", "candidate 3"])
    cluster.heal()
    cluster.node("c").receive(heartbeat("a", "c", 1))
    cluster.settle()
    assert.deepEqual(states(cluster).slice(0, 2), ["follower 3", "follower 1"])
    wait(cluster, "b")
    cluster.campaign("c")
    assert.deepEqual(states(cluster), ["follower 4", "follower 4", "leader 4"])
  })

  it("with both, a late heartbeat to a pre-candidate deposes nobody", () => {
    const cluster = led(both)
    const c = cluster.node("c")
    c.campaign()
    assert.strictEqual(c.role, "preCandidate")
    c.receive(heartbeat("a", "c", 1))
    cluster.settle()
    assert.deepEqual(states(cluster), ["leader 1", "follower 1", "follower 1"])
  })
})

describe("check-quorum", () => {
  it("a leader that hears a quorum stays, one that hears nobody for an election timeout steps down", () => {
    const node = established("a", disk(members))
    node.tick(node.config.electionTicks)
    assert.strictEqual(node.role, "leader", "the answers to its first entry count")
    for (let time = 0; time < 3 * node.config.electionTicks; time++) {
      node.receive(heartbeatResp("b", "a", 1))
      node.tick()
    }
    assert.strictEqual(node.role, "leader")
    let ticks = 0
    for (; node.role === "leader"; ticks++) node.tick()
    assert.isAtMost(ticks, 2 * node.config.electionTicks)
    assert.deepInclude(node.view, { role: "follower", term: 1, leader: undefined })
  })

  it("a leader is heard by itself, also when its disk is slow", () => {
    const node = leading("a", disk(members))
    node.restart()
    node.campaign()
    node.receive(voteResp("b", "a", 2, true, "PreVoteResp"))
    node.persistsAtOnce = false
    node.receive(voteResp("b", "a", 2, true))
    assert.strictEqual(node.role, "leader")
    node.receive(heartbeatResp("b", "a", 2))
    node.tick(node.config.electionTicks)
    assert.strictEqual(node.role, "leader")
    assert.strictEqual(node.view.log.durable, 1, "it answered itself nothing yet")
  })

  it("learners do not keep a leader alive", () => {
    const configuration = { ...disk(members).snapshot.configuration, learners: ["x", "y"] }
    const node = leading("a", disk(configuration))
    for (let time = 0; time < node.config.electionTicks; time++) {
      assert.strictEqual(node.role, "leader")
      node.receive(heartbeatResp("x", "a", 1))
      node.receive(heartbeatResp("y", "a", 1))
      node.tick()
    }
    assert.strictEqual(node.role, "follower")
  })

  it.each(["Vote", "PreVote"] as const)("a %s is not heard while a leader is alive", (tag) => {
    const node = new Node("b", disk(members))
    node.random = () => 0.5
    node.receive(heartbeat("a", "b", 1))
    node.sent()
    node.receive(vote("c", "b", 2, [9, 1], tag))
    assert.deepEqual(node.sent(), [])
    assert.deepInclude(node.view, { term: 1, leader: "a" })
    node.tick(node.config.electionTicks)
    node.receive(vote("c", "b", 2, [9, 1], tag))
    assert.deepEqual(node.answer(), voteResp("b", "c", 2, true, `${tag}Resp`))
  })

  it("a vote that the leader itself wishes is heard at once", () => {
    const node = following("b", "a", 1, disk(members))
    node.receive(vote("c", "b", 2, [9, 1], "Vote", true))
    assert.deepEqual(node.answer(), voteResp("b", "c", 2, true))
  })

  it("a leader hears no candidate either", () => {
    const node = established("a", disk(members))
    node.receive(vote("c", "a", 2, [9, 1]))
    assert.strictEqual(node.role, "leader")
    assert.deepEqual(node.sent(), [])
  })

  it("right after a start votes are given without waiting", () => {
    assert.deepEqual(led(both).leaders, ["a"])
  })

  it("another leader is elected as soon as voters stop to hear the old one", () => {
    const cluster = led(checkQuorum)
    cluster.campaign("c")
    assert.strictEqual(cluster.node("c").role, "candidate")
    wait(cluster, "b")
    cluster.campaign("c")
    assert.strictEqual(cluster.node("c").role, "leader")
  })

  it("a node whose own configuration lags behind follows all the same", () => {
    const cluster = new Cluster({ a: disk(["a", "b"]), b: disk(["a"]) }, checkQuorum)
    wait(cluster, "b")
    assert.strictEqual(cluster.node("b").role, "follower")
    cluster.campaign("a")
    assert.deepEqual(cluster.leaders, ["a"])
    assert.strictEqual(cluster.node("b").view.leader, "a")
  })
})

describe("a leader that is forgotten", () => {
  it("does not keep a follower from voting", () => {
    const node = following("b", "a", 1, disk(members))
    node.step({ _tag: "LeaderForgotten" })
    assert.isUndefined(node.view.leader)
    assert.deepEqual(node.statuses.at(-1), { role: "follower", leader: undefined, term: 1 })
    node.receive(vote("c", "b", 2, [0, 0]))
    assert.deepEqual(node.answer(), voteResp("b", "c", 2, true))
  })

  it("is known again with its next message, and is itself no forgetter", () => {
    const node = following("b", "a", 1, disk(members))
    node.step({ _tag: "LeaderForgotten" })
    node.receive(heartbeat("a", "b", 1))
    assert.strictEqual(node.view.leader, "a")
    const leader = established("a", disk(members))
    leader.step({ _tag: "LeaderForgotten" })
    assert.deepInclude(leader.view, { role: "leader", leader: "a" })
  })
})
