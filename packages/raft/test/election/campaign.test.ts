/** Who campaigns, who votes, and what a candidate makes of the answers, beyond the sections of the paper. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "../../src/Message.ts"
import type { Role } from "../../src/Output.ts"
import { Cluster, disk, Node, type Options, plain } from "../Cluster.ts"
import { app, following, heartbeat, leading, snap, vote, voteResp } from "../messages.ts"

const members = ["a", "b", "c"]
const withLearner = { ...disk(["a"]).snapshot.configuration, learners: ["l"] }

describe("elections in a cluster", () => {
  it.each([
    ["all of 3 are there", 3, [], "leader"],
    ["1 of 3 is missing", 3, ["c"], "leader"],
    ["2 of 3 are missing", 3, ["b", "c"], "none"],
    ["2 of 4 are missing", 4, ["b", "c"], "none"],
    ["2 of 5 are missing", 5, ["b", "c"], "leader"]
  ] as const)("when %s", (_, size, missing, outcome) => {
    for (const options of [plain, { preVote: true, checkQuorum: false }]) {
      const cluster = new Cluster(["a", "b", "c", "d", "e"].slice(0, size), options)
      cluster.isolate(...missing)
      cluster.campaign("a")
      const waiting: Role = options.preVote === true ? "preCandidate" : "candidate"
      const { role, view } = cluster.node("a")
      assert.strictEqual(role, outcome === "leader" ? "leader" : waiting)
      assert.strictEqual(view.term, role === "preCandidate" ? 0 : 1)
    }
  })

  it.each([
    ["without pre-vote", plain],
    ["with pre-vote", {}]
  ])("a single voter elects itself when its vote is durable, %s", (_, options: Options) => {
    const node = new Node("a", disk(["a"]), options)
    node.persistsAtOnce = false
    node.campaign()
    assert.notStrictEqual(node.role, "leader")
    node.persist()
    if (options.preVote !== false) node.persist()
    assert.deepInclude(node.view, { role: "leader", term: 1 })
  })

  it("a candidate gives way to who won its term, and has that log in the end", () => {
    const cluster = new Cluster(members, plain)
    cluster.isolate("a")
    cluster.campaign("a")
    cluster.campaign("c")
    cluster.heal()
    cluster.tick(1, ["c"])
    cluster.propose("c", "x")
    assert.deepInclude(cluster.node("a").view, { role: "follower", term: 1, leader: "c" })
    for (const node of cluster.nodes.values()) assert.deepEqual(node.commands, ["x"])
  })

  it("a leader that is asked to campaign goes on as it is", () => {
    const node = leading("a", disk(["a"]))
    node.campaign()
    assert.deepInclude(node.view, { role: "leader", term: 1 })
  })

  it.each([
    ["candidate", plain],
    ["pre-candidate", { preVote: true, checkQuorum: false }]
  ])("the own vote of a %s counts no more when it has heard of a leader", (_, options: Options) => {
    const node = new Node("a", disk(members), options)
    node.persistsAtOnce = false
    node.campaign()
    node.receive(heartbeat("b", "a", 1))
    node.persist()
    assert.deepInclude(node.view, { role: "follower", leader: "b" })
    node.receive(voteResp("c", "a", 1, true))
    assert.strictEqual(node.role, "follower")
  })
})

describe("a voter", () => {
  const states: ReadonlyArray<readonly [Role, () => Node]> = [
    ["follower", () => following("a", "c", 1, disk(members), plain)],
    [
      "preCandidate",
      () => asked(new Node("a", disk(members, { term: 1 }), { checkQuorum: false }))
    ],
    ["candidate", () => asked(new Node("a", disk(members), plain))],
    ["leader", () => leading("a", disk(members), plain)]
  ]
  it.each(states)(
    "that is a %s votes in a later term, and answers a pre-vote as it is",
    (role, make) => {
      const asks = make()
      assert.strictEqual(asks.role, role)
      const before = { role, term: asks.view.term, vote: asks.view.vote, leader: asks.view.leader }
      asks.receive(vote("b", "a", 2, [42, 2], "PreVote"))
      assert.deepEqual(asks.answer(), voteResp("a", "b", 2, true, "PreVoteResp"))
      assert.deepInclude(asks.view, before)
      asks.receive(vote("b", "a", 2, [42, 2]))
      assert.deepEqual(asks.answer(), voteResp("a", "b", 2, true))
      assert.deepInclude(asks.view, { role: "follower", term: 2, vote: "b" })
    }
  )

  it("that knows the leader of its term gives no vote in it", () => {
    const node = following("a", "c", 1, disk(members), plain)
    node.receive(vote("b", "a", 1, [9, 1]))
    assert.deepEqual(node.answer(), voteResp("a", "b", 1, false))
  })

  it.each(["leader", "candidate"])("that is a %s votes for nobody else in its term", (role) => {
    const node =
      role === "leader"
        ? leading("a", disk(members), plain)
        : asked(new Node("a", disk(members), plain))
    node.receive(vote("b", "a", 1, [9, 1]))
    assert.deepEqual(node.answer(), voteResp("a", "b", 1, false))
  })

  it("[RA8] a build that votes twice elects two leaders in a term", () => {
    const cluster = new Cluster(members, { ...plain, breaks: { voteTwice: true } })
    cluster.cut("a", "c")
    cluster.loses = ({ _tag }) => _tag === "App"
    cluster.campaign("a")
    cluster.campaign("c")
    assert.deepEqual(cluster.leaders, ["a", "c"])
    assert.strictEqual(cluster.node("a").view.term, cluster.node("c").view.term)
  })
})

describe("a learner", () => {
  it("never campaigns: not by time, wish or transfer", () => {
    const node = following("l", "a", 1, disk(withLearner), plain)
    node.tick(50)
    node.campaign()
    node.receive({ _tag: "TimeoutNow", from: "a", to: "l", term: 1 })
    assert.deepInclude(node.view, { role: "follower", term: 1 })
    assert.deepEqual(node.sent(), [])
  })

  it("that is asked for a vote gives it: it may have been promoted without knowing", () => {
    const node = new Node("l", disk(withLearner))
    node.receive(vote("a", "l", 2, [11, 2], "PreVote"))
    assert.deepEqual(node.answer(), voteResp("l", "a", 2, true, "PreVoteResp"))
    node.receive(vote("a", "l", 2, [11, 2]))
    assert.deepEqual(node.answer(), voteResp("l", "a", 2, true))
    assert.strictEqual(node.view.vote, "a")
  })

  it("[RA9] has no vote that counts, and is not asked for one", () => {
    const configuration = { ...disk(members).snapshot.configuration, learners: ["l", "m"] }
    const node = new Node("a", disk(configuration), plain)
    node.campaign()
    assert.deepEqual(
      node.sent("Vote").map(({ to }) => to),
      ["b", "c"]
    )
    node.receive(voteResp("l", "a", 1, true))
    node.receive(voteResp("m", "a", 1, true))
    assert.strictEqual(node.role, "candidate")
    node.receive(voteResp("b", "a", 1, true))
    assert.strictEqual(node.role, "leader")
  })

  it("that is promoted campaigns and leads", () => {
    const cluster = new Cluster({ a: disk(withLearner), l: disk(withLearner) }, plain)
    cluster.campaign("a")
    cluster.tick(30, ["l"])
    assert.deepEqual(cluster.leaders, ["a"])
    cluster.proposeChange("a", { transition: "Auto", changes: [{ kind: "AddVoter", node: "l" }] })
    cluster.campaign("l")
    assert.deepEqual(cluster.leaders, ["l"])
    assert.strictEqual(cluster.node("a").role, "follower")
  })
})

/** It campaigns with the next tick. */
const almost = (make: () => Node) => {
  const node = make()
  node.tick(node.config.electionTicks - 1)
  assert.strictEqual(node.role, "follower")
  return node
}
const follower = () => following("a", "b", 1, disk(members, { terms: [1] }), plain)

describe("the clock of a follower", () => {
  it.each([
    ["a heartbeat", heartbeat("b", "a", 1)],
    ["entries", app("b", "a", 1, [1, 1], [1])],
    ["a vote that it gives", vote("c", "a", 2, [9, 1])],
    ["a later term", vote("c", "a", 2, [0, 0])]
  ] as const)("begins anew with %s", (_, message) => {
    const node = almost(follower)
    node.receive(message)
    node.tick(node.config.electionTicks - 1)
    assert.strictEqual(node.role, "follower")
    node.tick()
    assert.strictEqual(node.role, "candidate")
  })

  it("begins anew with a vote in its own term", () => {
    const node = almost(() => new Node("a", disk(members, { term: 1 }), plain))
    node.receive(vote("b", "a", 1, [0, 0]))
    node.tick(node.config.electionTicks - 1)
    assert.strictEqual(node.role, "follower")
  })

  it.each([
    ["a message of an earlier term", heartbeat("c", "a", 0)],
    ["a vote that it refuses", vote("c", "a", 1, [0, 0])],
    ["a pre-vote", vote("c", "a", 2, [9, 9], "PreVote")]
  ] as const)("goes on with %s", (_, message) => {
    const node = almost(follower)
    node.receive(message)
    node.tick()
    assert.strictEqual(node.role, "candidate")
  })

  it("begins anew with a pre-vote that it asks for: it does not ask with each tick", () => {
    const node = almost(() => following("a", "b", 1, disk(members)))
    node.tick()
    assert.deepInclude(node.view, { role: "preCandidate", leader: undefined })
    assert.strictEqual(node.sent("PreVote").length, 2)
    node.tick(node.config.electionTicks - 1)
    assert.deepEqual(node.sent(), [])
    node.tick()
    assert.strictEqual(node.sent("PreVote").length, 2)
  })

  it("runs on where it must not campaign, so that it hears candidates", () => {
    const node = following("l", "a", 1, disk(withLearner))
    node.tick(3 * node.config.electionTicks - 1)
    node.receive(vote("b", "l", 2, [0, 0]))
    assert.deepEqual(node.answer(), voteResp("l", "b", 2, true))
  })
})

describe("who may campaign", () => {
  it.each([
    ["the only voter", ["a"], true],
    ["one of three", ["a", "b", "c"], true],
    ["a node without a configuration", [], false],
    ["a node outside of it", ["b", "c"], false]
  ])("%s", (_, voters, may) => {
    const node = new Node("a", disk(voters), plain)
    node.tick(node.config.electionTicks)
    assert.strictEqual(node.role !== "follower", may)
  })

  it("not a node that is told to by a late transfer after its removal", () => {
    const node = new Node("a", disk(["b", "c", "d"]))
    const now: Message = { _tag: "TimeoutNow", from: "b", to: "a", term: 1 }
    node.receive(now)
    node.receive(voteResp("b", "a", 2, true))
    node.receive(voteResp("c", "a", 2, true))
    assert.strictEqual(node.role, "follower")
  })

  it("not a node whose state machine is being replaced by a snapshot", () => {
    const node = following("a", "b", 1, disk(members), plain)
    node.persistsAtOnce = false
    node.receive(snap("b", "a", 1, [11, 1], disk(members)))
    node.tick(30)
    node.campaign()
    assert.strictEqual(node.role, "follower")
    node.persist()
    node.campaign()
    assert.strictEqual(node.role, "candidate")
  })
})

/** It asks for votes, and nobody has answered. */
function asked(node: Node): Node {
  node.campaign()
  node.sent()
  return node
}
