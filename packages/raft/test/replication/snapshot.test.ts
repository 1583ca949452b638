/** Snapshots (§7 of the paper): when a leader offers one, and what a follower makes of it. */
import { assert, describe, it } from "@effect/vitest"
import { emptyConfiguration, withVoters } from "../../src/membership/Configuration.ts"
import { Cluster, disk, Node, plain } from "../Cluster.ts"
import {
  accepted,
  app,
  established,
  following,
  heartbeatResp,
  leading,
  refused,
  snap
} from "../messages.ts"

const pair = ["a", "b"]
const members = ["a", "b", "c"]
const at11 = { snapshot: { index: 11, term: 11 } }

/** a leads term 12, its log begins behind 11, and b has nothing. */
const offering = (): Node => {
  const node = leading("a", disk(pair, at11))
  node.receive(refused("b", "a", 12, 11, { index: 0, term: 0 }))
  return node
}

describe("a leader", () => {
  it("offers its latest snapshot to a follower whose next entry is compacted", () => {
    const node = offering()
    const [offer, ...others] = node.sent()
    const { snapshot } = node.view.log
    assert.deepEqual(offer, { _tag: "Snap", from: "a", to: "b", term: 12, snapshot })
    assert.strictEqual(snapshot.index, 11)
    assert.deepEqual(others, [])
    assert.deepInclude(node.progress("b"), { state: "snapshot", pendingSnapshot: 11, next: 12 })
  })

  it("sends that follower nothing but heartbeats meanwhile", () => {
    const node = offering()
    node.sent()
    for (let time = 0; time < 5; time++) {
      node.propose("x")
      node.receive(heartbeatResp("b", "a", 12))
    }
    assert.deepEqual(node.sent(), [])
    node.tick()
    assert.strictEqual(node.sent("Heartbeat").length, 1)
  })

  it("offers none to a follower that was silent since the quorum was last checked", () => {
    const node = established("a", disk(members))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    for (let time = 0; time < 2 * node.config.electionTicks; time++) {
      node.receive(heartbeatResp("b", "a", 1))
      node.tick()
    }
    node.compact()
    node.step({ _tag: "PeerUnreachable", peer: "c" })
    assert.deepInclude(node.progress("c"), { next: 2, recentActive: false, isPaused: false })
    node.sent()
    node.propose("y")
    assert.deepEqual(
      node.sent().map(({ to }) => to),
      ["b"]
    )
    node.receive(heartbeatResp("c", "a", 1))
    assert.deepInclude(node.sent("Snap")[0], { to: "c" })
  })

  it.each([
    ["SnapshotFailed", 1],
    ["SnapshotSent", 12]
  ] as const)("on %s probes from %i, when the follower is heard of again", (tag, next) => {
    const node = offering()
    node.sent()
    node.step({ _tag: tag, peer: "b", index: 11 })
    assert.deepInclude(node.progress("b"), {
      state: "probe",
      next,
      pendingSnapshot: 0,
      isPaused: true
    })
    assert.deepEqual(node.sent(), [])
    node.receive(heartbeatResp("b", "a", 12))
    const [message] = node.sent()
    assert.strictEqual(message!._tag, tag === "SnapshotSent" ? "App" : "Snap")
  })

  it.each([
    ["an older snapshot", "b", 10],
    ["another peer", "x", 11]
  ])("takes no report about %s", (_, peer, index) => {
    const node = offering()
    node.step({ _tag: "SnapshotFailed", peer, index })
    node.step({ _tag: "SnapshotSent", peer, index })
    assert.deepInclude(node.progress("b"), { state: "snapshot", pendingSnapshot: 11 })
  })

  it.each([11, 12])(
    "goes on when the follower has %i, whatever becomes of the transfer",
    (index) => {
      const node = offering()
      node.sent()
      node.propose("x")
      node.receive(accepted("b", "a", 12, index))
      assert.deepInclude(node.progress("b"), {
        state: "replicate",
        match: index,
        next: 14,
        pendingSnapshot: 0
      })
      assert.strictEqual(node.progress("b").inflights.count, 1)
    }
  )

  it("stays with its offer when an older place is accepted that the log does not reach", () => {
    const node = offering()
    node.sent()
    node.receive(accepted("b", "a", 12, 5))
    assert.deepInclude(node.progress("b"), { state: "snapshot", match: 5, pendingSnapshot: 11 })
    assert.deepEqual(node.sent("Snap"), [])
  })

  it("[RA14] offers the new one when it has compacted again", () => {
    const cluster = new Cluster(members, plain)
    cluster.campaign("a")
    cluster.isolate("c")
    cluster.propose("a", "x", "y", "z")
    const a = cluster.node("a")
    a.compact()
    assert.deepInclude(a.view.log, { firstIndex: 5, lastIndex: 4 })
    cluster.propose("a", "u", "v")
    a.compact(6)
    assert.deepInclude(a.view.log, { firstIndex: 6, lastIndex: 6 })
    assert.strictEqual(a.view.log.snapshot.index, 6)
    cluster.heal()
    cluster.tick(1, ["a"])
    const c = cluster.node("c")
    assert.deepInclude(c.view.log, { lastIndex: 6, commit: 6, applied: 6 })
    assert.strictEqual(c.disk.snapshot.reference, "a@6")
    cluster.propose("a", "w")
    assert.deepEqual(c.commands, ["w"])
  })
})

describe("a follower", () => {
  it("takes a snapshot in place of its log, with its configuration", () => {
    const node = following("b", "a", 11, disk(pair, { terms: [1, 2, 2], commit: 1 }))
    const offer = snap("a", "b", 11, [11, 11], disk(members))
    node.receive(offer)
    assert.deepInclude(node.view.log, {
      firstIndex: 12,
      lastIndex: 11,
      lastTerm: 11,
      commit: 11,
      applied: 11,
      durable: 11
    })
    assert.deepEqual(node.view.configuration, withVoters(members))
    assert.deepEqual(node.answer(), accepted("b", "a", 11, 11))
    assert.strictEqual(node.view.leader, "a")
    node.restart()
    assert.deepInclude(node.view.log, { firstIndex: 12, lastIndex: 11, commit: 11 })
    assert.deepEqual(node.view.configuration, withVoters(members))
  })

  it("takes the same one only once", () => {
    const node = following("b", "a", 11, disk(pair))
    const offer = snap("a", "b", 11, [11, 11], disk(pair))
    node.receive(offer)
    node.receive(app("a", "b", 11, [11, 11], [11]))
    node.sent()
    node.receive(offer)
    assert.strictEqual(node.view.log.lastIndex, 12)
    assert.deepEqual(node.answer(), accepted("b", "a", 11, 11))
  })

  it("[RA7] that has compacted beyond it answers with its commit index", () => {
    const node = following("b", "a", 11, disk(pair, at11))
    node.receive(snap("a", "b", 11, [7, 4], disk(members)))
    assert.deepEqual(node.answer(), accepted("b", "a", 11, 11))
    assert.deepInclude(node.view.log, { firstIndex: 12, lastIndex: 11, commit: 11 })
  })

  it("that holds the last entry of it keeps its log, and commits up to there", () => {
    const node = following("b", "a", 2, disk(pair, { terms: [1, 1, 2], commit: 1 }))
    node.receive(snap("a", "b", 2, [2, 1], disk(pair)))
    assert.deepInclude(node.view.log, { firstIndex: 1, lastIndex: 3, commit: 2 })
    assert.deepEqual(node.answer(), accepted("b", "a", 2, 2))
  })

  it.each([
    ["a learner", { ...withVoters(["a"]), learners: ["b"] }, false],
    ["a voter", withVoters(pair), true],
    ["an outgoing voter", { ...withVoters(["a", "c"]), votersOutgoing: pair }, true],
    ["no member yet", withVoters(["a"]), false]
  ])("that is %s in it, may campaign: %s", (_, configuration, may) => {
    for (const before of [disk(pair), disk(emptyConfiguration)]) {
      const node = following("b", "a", 11, before, plain)
      node.receive(snap("a", "b", 11, [11, 11], disk(configuration)))
      assert.deepEqual(node.view.configuration, configuration)
      node.campaign()
      assert.strictEqual(node.role !== "follower", may)
    }
  })

  it("that is a candidate gives way to who offers it", () => {
    const node = new Node("b", disk(pair), plain)
    node.campaign()
    node.receive(snap("a", "b", 1, [11, 1], disk(pair)))
    assert.deepInclude(node.view, { role: "follower", leader: "a" })
    assert.strictEqual(node.view.log.commit, 11)
  })

  it("[RA9] that crashes while it writes one has its old log", () => {
    const node = following("b", "a", 11, disk(pair, { terms: [1, 2, 2], commit: 1 }))
    node.persistsAtOnce = false
    node.receive(snap("a", "b", 11, [11, 11], disk(pair)))
    assert.deepEqual(node.sent(), [])
    node.restart()
    assert.deepEqual(node.terms, [1, 2, 2])
    assert.strictEqual(node.view.log.commit, 1)
  })
})

describe("a slow node", () => {
  it("[RA14] catches up by a snapshot and the entries behind it", () => {
    const cluster = new Cluster(members)
    cluster.campaign("a")
    cluster.isolate("c")
    for (let time = 0; time < 100; time++) cluster.propose("a", `${time}`)
    const a = cluster.node("a")
    a.compact(90)
    cluster.propose("a", "later")
    cluster.heal()
    cluster.tick(2, ["a"])
    const c = cluster.node("c")
    assert.strictEqual(c.view.log.commit, a.view.log.commit)
    assert.strictEqual(c.view.log.snapshot.index, 101)
    assert.deepEqual(c.commands, ["later"])
  })

  it("catches up by entries alone where they are retained", () => {
    const cluster = new Cluster(members)
    cluster.campaign("a")
    cluster.isolate("c")
    cluster.propose("a", "x", "y")
    cluster.node("a").compact(1)
    cluster.heal()
    cluster.tick(1, ["a"])
    assert.deepEqual(cluster.node("c").commands, ["x", "y"])
  })

  it("a learner too", () => {
    const configuration = { ...withVoters(["a"]), learners: ["l"] }
    const cluster = new Cluster({ a: disk(configuration, at11), l: disk(configuration) })
    cluster.campaign("a")
    cluster.propose("a", "x")
    cluster.tick(2, ["a"])
    assert.strictEqual(cluster.node("l").view.log.commit, 13)
    assert.strictEqual(cluster.node("a").progress("l").match, 13)
  })
})
