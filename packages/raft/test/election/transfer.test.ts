/** The leadership is handed to a chosen node (Ongaro §3.10). */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk } from "../Cluster.ts"
import { accepted, established, following, vote } from "../messages.ts"

const members = ["a", "b", "c"]

const led = () => {
  const cluster = new Cluster(members)
  cluster.campaign("a")
  return cluster
}

const transfer = (cluster: Cluster, asked: string, to: string) => {
  cluster.node(asked).transfer(to)
  cluster.settle()
}

/** The leader waits for c, which is cut off. */
const pending = () => {
  const cluster = led()
  cluster.isolate("c")
  cluster.propose("a", "x")
  transfer(cluster, "a", "c")
  assert.strictEqual(cluster.node("a").view.transferee, "c")
  return cluster
}

describe("a transfer", () => {
  it.each([
    ["the leader is asked", "a", "b"],
    ["the target is asked", "b", "b"],
    ["somebody else is asked", "c", "b"]
  ])("to a node that has everything succeeds at once when %s", (_, asked, to) => {
    const cluster = led()
    transfer(cluster, asked, to)
    assert.deepEqual(cluster.leaders, [to])
    assert.deepInclude(cluster.node("a").view, {
      role: "follower",
      leader: to,
      transferee: undefined
    })
    transfer(cluster, to, "a")
    assert.deepEqual(cluster.leaders, ["a"])
  })

  it("asks for no pre-vote, and is heard though the old leader is alive", () => {
    const node = following("b", "a", 1, disk(members))
    node.receive({ _tag: "TimeoutNow", from: "a", to: "b", term: 1 })
    assert.deepEqual(node.sent(), [
      vote("b", "a", 2, [0, 0], "Vote", true),
      vote("b", "c", 2, [0, 0], "Vote", true)
    ])
  })

  it("first brings the target up to date", () => {
    const cluster = led()
    cluster.isolate("c")
    cluster.propose("a", "x", "y")
    cluster.heal()
    transfer(cluster, "a", "c")
    // What was sent to c got lost, so a probe has to find that out.
    cluster.tick(1, ["a"])
    assert.deepEqual(cluster.leaders, ["c"])
    assert.deepEqual(cluster.node("c").commands, ["x", "y"])
  })

  it("brings it up to date with a snapshot, where the entries are compacted", () => {
    const cluster = led()
    cluster.isolate("c")
    cluster.propose("a", "x", "y")
    cluster.node("a").compact()
    cluster.heal()
    const c = cluster.node("c")
    c.persistsAtOnce = false
    transfer(cluster, "a", "c")
    cluster.tick(1, ["a"])
    assert.deepEqual(cluster.leaders, ["a"], "the snapshot is not durable at c")
    c.persist()
    c.persistsAtOnce = true
    cluster.settle()
    assert.deepEqual(cluster.leaders, ["c"])
  })

  it("waits until the target has everything, and only then tells it to campaign", () => {
    const node = established("a", disk(members))
    node.propose("x", "y")
    node.sent()
    node.transfer("b")
    assert.deepEqual(node.sent("TimeoutNow"), [])
    node.receive(accepted("c", "a", 1, 3))
    assert.deepEqual(node.sent("TimeoutNow"), [])
    node.receive(accepted("b", "a", 1, 2))
    assert.deepEqual(node.sent("TimeoutNow"), [])
    node.receive(accepted("b", "a", 1, 3))
    assert.deepEqual(node.sent("TimeoutNow"), [{ _tag: "TimeoutNow", from: "a", to: "b", term: 1 }])
  })

  it.each([
    ["the leader itself", "a"],
    ["nobody of the cloud", "x"],
    ["a learner", "l"]
  ])("to %s is nothing", (_, to) => {
    const configuration = { ...disk(members).snapshot.configuration, learners: ["l"] }
    const node = established("a", disk(configuration))
    node.transfer(to)
    assert.isUndefined(node.view.transferee)
    assert.strictEqual(node.role, "leader")
    assert.deepEqual(node.sent(), [])
    node.propose("x")
    assert.deepEqual(node.refused, [])
  })

  it("without a leader is nothing", () => {
    const cluster = new Cluster(members)
    transfer(cluster, "a", "b")
    assert.deepEqual(cluster.leaders, [])
  })
})

describe("a transfer that is pending", () => {
  it("refuses proposals, and is given up after an election timeout", () => {
    const cluster = pending()
    const a = cluster.node("a")
    a.propose("y")
    a.proposeChange({ transition: "Auto", changes: [{ kind: "Remove", node: "c" }] })
    assert.deepEqual(
      a.refused.map(({ reason }) => reason),
      ["Transferring", "Transferring"]
    )
    cluster.tick(a.config.electionTicks - 1, ["a"])
    assert.strictEqual(a.view.transferee, "c")
    cluster.tick(1, ["a"])
    assert.isUndefined(a.view.transferee)
    assert.strictEqual(a.role, "leader")
    cluster.propose("a", "y")
    assert.deepEqual(a.commands, ["x", "y"])
  })

  it("has a whole election timeout, whenever it begins", () => {
    const node = established("a", disk(members))
    node.tick(node.config.electionTicks - 1)
    node.propose("x")
    node.transfer("b")
    node.tick(node.config.electionTicks - 1)
    assert.strictEqual(node.view.transferee, "b")
    node.tick()
    assert.isUndefined(node.view.transferee)
  })

  it("is given up when it shall go back to the leader itself", () => {
    const cluster = pending()
    transfer(cluster, "a", "a")
    assert.isUndefined(cluster.node("a").view.transferee)
    assert.deepEqual(cluster.leaders, ["a"])
  })

  it("goes to somebody else instead", () => {
    const cluster = pending()
    transfer(cluster, "a", "b")
    assert.deepEqual(cluster.leaders, ["b"])
  })

  it("does not last longer when it is asked for again", () => {
    const cluster = pending()
    const a = cluster.node("a")
    cluster.tick(a.config.electionTicks - 1, ["a"])
    transfer(cluster, "a", "c")
    cluster.tick(1, ["a"])
    assert.isUndefined(a.view.transferee)
  })

  it("ends with another leader of a later term", () => {
    const cluster = pending()
    cluster.node("b").receive({ _tag: "TimeoutNow", from: "a", to: "b", term: 1 })
    cluster.settle()
    assert.deepInclude(cluster.node("a").view, {
      role: "follower",
      leader: "b",
      transferee: undefined
    })
  })
})
