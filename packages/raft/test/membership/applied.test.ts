/** Changes of membership, from the proposal to where they take effect: when they are applied. */
import { assert, describe, it } from "@effect/vitest"
import type { ConfChange } from "../../src/membership/ConfChange.ts"
import { emptyConfiguration, withVoters } from "../../src/membership/Configuration.ts"
import { change, Cluster, disk, type Options, plain } from "../Cluster.ts"
import { acceptance, accepted, app, established, following } from "../messages.ts"

const founders = ["a", "b", "c"]

/** Three founders and two nodes that may join; a leads. */
const cloud = (options: Options = {}) => {
  const setup = Object.fromEntries(["a", "b", "c", "d", "e"].map((id) => [id, disk(founders)]))
  const cluster = new Cluster(setup, options)
  cluster.campaign("a")
  return cluster
}

const several = (
  transition: ConfChange["transition"],
  ...changes: ConfChange["changes"]
): ConfChange => ({ transition, changes })

describe("single-step changes", () => {
  it.each([
    ["adds a voter", [change("AddVoter", "d")], ["a", "b", "c", "d"], []],
    ["adds a learner", [change("AddLearner", "d")], founders, ["d"]],
    ["promotes it", [change("AddLearner", "d"), change("AddVoter", "d")], [...founders, "d"], []],
    ["demotes a voter", [change("AddLearner", "c")], ["a", "b"], ["c"]],
    ["removes a voter", [change("Remove", "c")], ["a", "b"], []],
    ["removes a learner", [change("AddLearner", "d"), change("Remove", "d")], founders, []]
  ] as const)("one that %s is the same on all members", (_, changes, voters, learners) => {
    const cluster = cloud()
    for (const proposal of changes) cluster.proposeChange("a", proposal)
    cluster.tick(2)
    cluster.propose("a", "x")
    const expected = { ...withVoters(voters), learners: [...learners] }
    for (const id of [...voters, ...learners]) {
      assert.deepEqual(cluster.node(id).view.configuration, expected)
      assert.deepEqual(cluster.node(id).commands, ["x"])
    }
  })

  it("one takes effect when it is applied, not when it is appended or committed", () => {
    const node = established("a", disk(founders))
    node.appliesAtOnce = false
    node.proposeChange(change("AddLearner", "d"))
    assert.deepEqual(node.view.configuration.learners, [])
    node.receive(accepted("b", "a", 1, 2))
    assert.strictEqual(node.view.log.commit, 2)
    assert.deepEqual(node.view.configuration.learners, [])
    node.apply()
    assert.deepEqual(node.view.configuration.learners, ["d"])
    assert.isTrue(node.progress("d").isLearner)
  })

  it("who joins is probed at once, behind the last entry", () => {
    const node = established("a", disk(founders))
    node.proposeChange(change("AddVoter", "d"))
    node.sent()
    node.receive(accepted("b", "a", 1, 2))
    const [first] = node.sent("App").filter(({ to }) => to === "d")
    assert.deepInclude(first, { prevIndex: 1, prevTerm: 1 })
    assert.deepInclude(node.progress("d"), { match: 0, state: "probe" })
  })

  it("[RA9] a smaller quorum commits what the larger one did not", () => {
    const node = established("a", disk(["a", "b"]))
    node.proposeChange(change("Remove", "b"))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    assert.strictEqual(node.view.log.commit, 3)
    assert.deepEqual(node.commands, ["x"])
  })

  it("who joins counts as active, so the next check of the quorum does not depose the leader", () => {
    const node = established("a", disk(["a"]))
    node.tick(node.config.electionTicks - 1)
    node.proposeChange(change("AddVoter", "b"))
    node.tick()
    assert.strictEqual(node.role, "leader")
    node.tick(node.config.electionTicks)
    assert.strictEqual(node.role, "follower")
  })

  it("[RA10] who applies a change without knowing the voters stops, and is no cloud of its own", () => {
    const cluster = new Cluster(
      { a: disk(["a"]), d: disk(emptyConfiguration) },
      { ...plain, stepDownOnRemoval: true }
    )
    cluster.campaign("a")
    assert.throws(() => cluster.proposeChange("a", change("AddVoter", "d")), /RA10/)
  })

  it("who joins with nothing gets a snapshot, where the log does not begin with its first entry", () => {
    const founder = disk(["a"], { snapshot: { index: 1, term: 1 } })
    const cluster = new Cluster({ a: founder, d: disk(emptyConfiguration) })
    cluster.campaign("a")
    cluster.proposeChange("a", change("AddVoter", "d"))
    cluster.tick(1)
    cluster.tick(1)
    assert.deepEqual(cluster.node("d").view.configuration, withVoters(["a", "d"]))
    assert.strictEqual(cluster.node("d").view.log.commit, cluster.node("a").view.log.commit)
  })
})

describe("a leader that is removed", () => {
  it.each([
    ["removed", change("Remove", "a")],
    ["made a learner", change("AddLearner", "a")]
  ])("steps down when it is applied that it is %s", (_, proposal) => {
    const cluster = cloud()
    cluster.proposeChange("a", proposal)
    const a = cluster.node("a")
    assert.strictEqual(a.role, "follower")
    assert.isUndefined(a.view.leader)
    a.campaign()
    a.tick(40)
    assert.strictEqual(a.role, "follower")
    cluster.tick(40, ["b", "c"])
    assert.strictEqual(cluster.leaders.length, 1)
    cluster.propose(cluster.leaders[0]!, "x")
    assert.deepEqual(cluster.node("b").commands, ["x"])
  })

  it("goes on where it shall not step down, takes no proposals, and does not count itself", () => {
    const node = established("a", disk(founders), { stepDownOnRemoval: false })
    node.propose("x")
    node.proposeChange(change("Remove", "a"))
    node.propose("y")
    node.receive(accepted("b", "a", 1, 3))
    assert.deepEqual(node.view.configuration.voters, ["b", "c"])
    assert.strictEqual(node.role, "leader")
    assert.strictEqual(node.view.log.commit, 3)
    node.receive(accepted("b", "a", 1, 4))
    assert.strictEqual(node.view.log.commit, 3)
    node.receive(accepted("c", "a", 1, 4))
    assert.strictEqual(node.view.log.commit, 4)
    node.propose("z")
    assert.deepEqual(
      node.refused.map(({ reason }) => reason),
      ["NotLeader"]
    )
  })
})

describe("a transfer of the leadership", () => {
  it.each([
    ["removed", change("Remove", "c")],
    ["demoted", change("AddLearner", "c")]
  ])("is given up when its target is %s", (_, proposal) => {
    const node = established("a", disk(founders))
    node.proposeChange(proposal)
    node.transfer("c")
    assert.strictEqual(node.view.transferee, "c")
    node.receive(accepted("b", "a", 1, 2))
    assert.isUndefined(node.view.transferee)
    node.propose("x")
    assert.deepEqual(node.refused, [])
  })

  it("goes on when somebody else is removed", () => {
    const node = established("a", disk([...founders, "d"]))
    node.proposeChange(change("Remove", "c"))
    node.transfer("b")
    node.receive(accepted("b", "a", 1, 2))
    node.receive(accepted("d", "a", 1, 2))
    assert.deepEqual(node.view.configuration.voters, ["a", "b", "d"])
    assert.strictEqual(node.view.transferee, "b")
  })
})

describe("joint changes", () => {
  const replaceC = several("Auto", { kind: "Remove", node: "c" }, { kind: "AddVoter", node: "d" })

  it.each([
    ["Auto with two voters", replaceC],
    ["JointImplicit with one", several("JointImplicit", ...replaceC.changes)]
  ])("%s is entered, and left by the leader itself", (_, proposal) => {
    const cluster = cloud()
    const a = cluster.node("a")
    a.appliesAtOnce = false
    cluster.proposeChange("a", proposal)
    a.apply(2)
    assert.deepInclude(a.view.configuration, {
      voters: ["a", "b", "d"],
      votersOutgoing: founders,
      autoLeave: true
    })
    // The change that leaves it stands in the log now.
    assert.deepEqual(a.view.log.entry(3)?.kind, "confChange")
    a.appliesAtOnce = true
    cluster.tick(2)
    assert.deepEqual(a.view.configuration, withVoters(["a", "b", "d"]))
    assert.deepEqual(cluster.node("d").view.configuration, withVoters(["a", "b", "d"]))
  })

  it("it is left once, whatever is applied meanwhile", () => {
    const node = established("a", disk(["a"]))
    node.appliesAtOnce = false
    node.proposeChange(several("JointImplicit", { kind: "AddLearner", node: "b" }))
    node.propose("x", "y")
    for (let time = 0; time < 3; time++) node.apply(1)
    assert.strictEqual(node.view.log.lastIndex, 5)
    node.apply()
    assert.deepInclude(node.view.configuration, { votersOutgoing: [], learners: ["b"] })
  })

  it("JointExplicit is left by an empty change only, and others are refused inside of it", () => {
    const cluster = cloud()
    const a = cluster.node("a")
    cluster.proposeChange("a", several("JointExplicit", { kind: "AddVoter", node: "d" }))
    cluster.tick(3)
    assert.deepInclude(a.view.configuration, { votersOutgoing: founders, autoLeave: false })
    cluster.proposeChange("a", change("AddVoter", "e"))
    cluster.proposeChange("a", several("JointImplicit", { kind: "AddVoter", node: "e" }))
    assert.deepEqual(
      a.refused.map(({ reason }) => reason),
      ["InvalidChange", "InvalidChange"]
    )
    cluster.proposeChange("a", { transition: "Auto", changes: [] })
    assert.deepEqual(a.view.configuration, withVoters([...founders, "d"]))
  })

  it("[RA10] inside of one an entry needs a majority of both halves", () => {
    const node = established("a", disk(founders))
    node.proposeChange(
      several(
        "JointExplicit",
        { kind: "Remove", node: "b" },
        { kind: "Remove", node: "c" },
        { kind: "AddVoter", node: "d" },
        { kind: "AddVoter", node: "e" }
      )
    )
    node.receive(accepted("b", "a", 1, 2))
    assert.deepInclude(node.view.configuration, {
      voters: ["a", "d", "e"],
      votersOutgoing: founders
    })
    node.propose("x")
    node.receive(accepted("b", "a", 1, 3))
    node.receive(accepted("c", "a", 1, 3))
    assert.strictEqual(node.view.log.commit, 2)
    node.receive(accepted("d", "a", 1, 3))
    assert.strictEqual(node.view.log.commit, 3)
  })

  it("[RA10] inside of one an election needs a majority of both halves", () => {
    const joint = { ...withVoters(["a", "d", "e"]), votersOutgoing: founders }
    const setup = Object.fromEntries(["a", "b", "c", "d", "e"].map((id) => [id, disk(joint)]))
    const cluster = new Cluster(setup, plain)
    cluster.isolate("d", "e")
    cluster.campaign("a")
    assert.strictEqual(cluster.node("a").role, "candidate")
    cluster.heal()
    cluster.isolate("c", "e")
    cluster.campaign("a")
    assert.strictEqual(cluster.node("a").role, "leader")
  })

  it("an outgoing voter that shall only listen is a learner when it is left", () => {
    const cluster = cloud()
    cluster.proposeChange(
      "a",
      several("Auto", { kind: "AddLearner", node: "c" }, { kind: "AddVoter", node: "d" })
    )
    cluster.tick(2)
    assert.deepEqual(cluster.node("c").view.configuration, {
      ...withVoters(["a", "b", "d"]),
      learners: ["c"]
    })
  })

  it("it is left when a transfer that stood in the way is given up", () => {
    const node = established("a", disk(founders), { checkQuorum: false })
    node.appliesAtOnce = false
    node.proposeChange(several("JointImplicit", { kind: "AddLearner", node: "d" }))
    node.receive(accepted("b", "a", 1, 2))
    node.transfer("c")
    node.apply()
    assert.strictEqual(node.view.log.lastIndex, 2)
    node.tick(node.config.electionTicks)
    assert.strictEqual(node.view.log.entry(3)?.kind, "confChange")
  })

  it("a new leader leaves the one that it finds", () => {
    const cluster = cloud(plain)
    const a = cluster.node("a")
    a.appliesAtOnce = false
    cluster.proposeChange("a", replaceC)
    cluster.isolate("a")
    cluster.tick(20, ["b"])
    cluster.tick(2, ["b"])
    assert.deepEqual(cluster.leaders.includes("b"), true)
    assert.deepEqual(cluster.node("b").view.configuration, withVoters(["a", "b", "d"]))
  })

  it("a transfer puts off that it is left", () => {
    const node = established("a", disk(["a"]))
    node.appliesAtOnce = false
    node.proposeChange(several("JointImplicit", { kind: "AddVoter", node: "b" }))
    node.apply()
    assert.strictEqual(node.view.log.lastIndex, 3, "the change that leaves it")
    const other = established("a", disk(["a", "b"]))
    other.appliesAtOnce = false
    other.proposeChange(several("JointImplicit", { kind: "AddVoter", node: "c" }))
    for (const message of other.sent("App"))
      if (message.to === "b") other.receive(acceptance(message))
    other.transfer("b")
    other.apply()
    assert.strictEqual(other.view.log.lastIndex, 2)
    other.tick(other.config.electionTicks)
    assert.isUndefined(other.view.transferee)
  })
})

it("[RA16] a change that a snapshot covers is not applied again", () => {
  const node = following("b", "a", 1, disk(founders))
  node.appliesAtOnce = false
  node.receive(app("a", "b", 1, [0, 0], [1, 1], 2))
  assert.strictEqual(node.commits.length, 2)
  const snapshot = { ...disk(founders).snapshot, index: 5, term: 1 }
  node.persistsAtOnce = false
  node.receive({ _tag: "Snap", from: "a", to: "b", term: 1, snapshot })
  node.apply(1)
  node.persist()
  assert.strictEqual(node.view.log.applied, 5)
  node.apply(1)
  assert.strictEqual(node.view.log.applied, 5)
})
