/** Linearizable reads without log entries (Ongaro §6.4): an index that a quorum confirmed. */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk, Node, type Options, plain } from "../Cluster.ts"
import { accepted, app, established, following, heartbeatResp, leading } from "../messages.ts"

const members = ["a", "b", "c"]

const read = (cluster: Cluster, id: string) => {
  cluster.node(id).read()
  cluster.settle()
}

describe("a read", () => {
  it("[RA13] gets the commit index of the moment, from any node and from learners", () => {
    const configuration = { ...disk(members).snapshot.configuration, learners: ["l"] }
    const setup = Object.fromEntries([...members, "l"].map((id) => [id, disk(configuration)]))
    const cluster = new Cluster(setup)
    cluster.campaign("a")
    let commit = 1
    for (const id of ["a", "b", "c", "l", "a", "b", "c", "l"]) {
      cluster.propose("a", "x", "y")
      commit += 2
      read(cluster, id)
      assert.strictEqual(cluster.node(id).reads.at(-1)?.index, commit, id)
    }
    assert.deepEqual(
      cluster.node("b").reads.map(({ token }) => token),
      [1, 2]
    )
  })

  it("[RA13] is answered when a quorum has answered a heartbeat that was sent after it came", () => {
    const node = established("a", disk(["a", "b", "c", "d", "e"]))
    node.tick()
    const earlier = node.sent("Heartbeat")
    assert.isTrue(earlier.every((beat) => beat.read === 0))
    node.read()
    const beats = node.sent("Heartbeat")
    assert.strictEqual(beats.length, 4)
    node.receive(heartbeatResp("b", "a", 1, 0))
    node.receive(heartbeatResp("c", "a", 1, 0))
    assert.deepEqual(node.reads, [], "these answer the round before")
    node.receive(heartbeatResp("b", "a", 1, beats[0]!.read))
    node.receive(heartbeatResp("b", "a", 1, beats[0]!.read))
    assert.deepEqual(node.reads, [])
    node.receive(heartbeatResp("c", "a", 1, beats[0]!.read))
    assert.deepEqual(node.reads, [{ token: 1, index: 1 }])
  })

  it("[RA15] is refused when too many wait, and a follower's is dropped", () => {
    const node = established("a", disk(members), { readsMax: 2 })
    node.read()
    node.receive({ _tag: "ReadIndex", from: "b", to: "a", term: 1, token: 7 })
    node.receive({ _tag: "ReadIndex", from: "b", to: "a", term: 1, token: 8 })
    const token = node.read()
    assert.deepEqual(node.refused, [{ token, leader: "a", reason: "Overloaded" }])
    const beat = node.sent("Heartbeat").at(-1)!
    node.receive(heartbeatResp("b", "a", 1, beat.read))
    assert.strictEqual(node.reads.length, 1)
    assert.strictEqual(node.sent("ReadIndexResp").length, 1)
  })

  it("[RA13] is not confirmed by learners", () => {
    const configuration = { ...disk(members).snapshot.configuration, learners: ["l", "m"] }
    const node = established("a", disk(configuration))
    node.read()
    const [beat] = node.sent("Heartbeat")
    node.receive(heartbeatResp("l", "a", 1, beat!.read))
    node.receive(heartbeatResp("m", "a", 1, beat!.read))
    assert.deepEqual(node.reads, [])
    node.receive(heartbeatResp("b", "a", 1, beat!.read))
    assert.strictEqual(node.reads.length, 1)
  })

  it("[RA13] in a joint configuration needs a majority of both halves", () => {
    const joint = { ...disk(["a", "d", "e"]).snapshot.configuration, votersOutgoing: members }
    const node = established("a", disk(joint))
    node.read()
    const [beat] = node.sent("Heartbeat")
    for (const id of ["b", "c"]) node.receive(heartbeatResp(id, "a", 1, beat!.read))
    assert.deepEqual(node.reads, [])
    node.receive(heartbeatResp("d", "a", 1, beat!.read))
    assert.strictEqual(node.reads.length, 1)
  })

  it("shares one round with all that came before the round began", () => {
    const node = established("a", disk(members))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    node.sent()
    for (let token = 1; token <= 3; token++) node.read()
    const beats = node.sent("Heartbeat").filter(({ to }) => to === "b")
    node.receive(heartbeatResp("b", "a", 1, beats.at(-1)!.read))
    assert.deepEqual(node.reads, [
      { token: 2, index: 2 },
      { token: 3, index: 2 },
      { token: 4, index: 2 }
    ])
    node.sent()
    node.tick()
    assert.isTrue(
      node.sent("Heartbeat").every((beat) => beat.read === 0),
      "nothing waits"
    )
  })

  it("is confirmed by a heartbeat of the clock too, when its own round got lost", () => {
    const node = established("a", disk(members))
    node.read()
    node.sent()
    node.tick()
    const [beat] = node.sent("Heartbeat")
    node.receive(heartbeatResp("c", "a", 1, beat!.read))
    assert.strictEqual(node.reads.length, 1)
  })
})

/** What b gives out for a read, when it leads and a alone knows that an entry is committed. */
const indexesAtB = (options: Options) => {
  const cluster = new Cluster(members, options)
  cluster.campaign("a")
  cluster.loses = (message) => message.to !== "a" && "commit" in message && message.commit >= 2
  cluster.propose("a", "x")
  assert.deepEqual(cluster.node("a").commands, ["x"])
  cluster.isolate("a")
  cluster.loses = ({ _tag }) => _tag === "App"
  cluster.campaign("b")
  read(cluster, "b")
  return cluster.node("b").reads.map((answer) => answer.index)
}
describe("a read at a new leader", () => {
  it("[RA13] that is the single voter waits until an entry of its term is committed", () => {
    // The commit index on the disk may lag behind what was acknowledged.
    const node = new Node("a", disk(["a"], { terms: [1, 1], commit: 1 }), plain)
    node.persistsAtOnce = false
    node.campaign()
    node.persist(1)
    assert.strictEqual(node.role, "leader")
    node.read()
    assert.deepEqual(node.reads, [])
    node.persist()
    assert.deepEqual(node.reads, [{ token: 1, index: 3 }])
  })

  it("[RA13] is held, and then confirmed by a round of its own", () => {
    const cluster = new Cluster(
      Object.fromEntries(members.map((id) => [id, disk(members, { terms: [1, 1], commit: 1 })])),
      plain
    )
    cluster.loses = ({ _tag }) => _tag === "App"
    cluster.campaign("a")
    cluster.tick(1, ["a"])
    read(cluster, "a")
    read(cluster, "b")
    cluster.tick(2, ["a"])
    assert.deepEqual(cluster.node("a").reads, [])
    cluster.heal()
    cluster.tick(2, ["a"])
    assert.deepEqual(cluster.node("a").reads, [{ token: 1, index: 3 }])
    assert.deepEqual(cluster.node("b").reads, [{ token: 1, index: 3 }])
  })

  it("[RA13] a build that does not wait gives out an index below what was acknowledged", () => {
    assert.deepEqual(indexesAtB(plain), [])
    assert.deepEqual(indexesAtB({ ...plain, breaks: { readBeforeOwnCommit: true } }), [1])
  })
})

describe("a read that nobody can answer", () => {
  it.each([
    ["a follower without a leader", () => following("a", "b", 1, disk(members))],
    ["a candidate", () => following("a", "b", 1, disk(members), plain)]
  ])("is refused by %s", (who, make) => {
    const node = make()
    if (who === "a candidate") node.campaign()
    else node.step({ _tag: "LeaderForgotten" })
    node.read()
    assert.deepEqual(node.refused, [{ token: 1, leader: undefined, reason: "NotLeader" }])
  })

  it("is refused at the leader that steps down, whether it waits or is held", () => {
    for (const node of [established("a", disk(members)), leading("a", disk(members))]) {
      node.read()
      node.read()
      node.receive(app("b", "a", 2, [0, 0]))
      assert.deepEqual(
        node.refused.map(({ token, reason }) => [token, reason]),
        [
          [1, "NotLeader"],
          [2, "NotLeader"]
        ]
      )
      assert.deepEqual(node.reads, [])
    }
  })

  it("is dropped by a node that does not lead", () => {
    const node = following("b", "a", 1, disk(members))
    node.receive({ _tag: "ReadIndex", from: "c", to: "b", term: 1, token: 7 })
    assert.deepEqual(node.sent(), [])
  })

  it("[RA13] is never answered by a leader that was replaced without knowing", () => {
    const cluster = new Cluster(members, plain)
    cluster.campaign("a")
    cluster.isolate("a")
    cluster.campaign("b")
    cluster.propose("b", "x")
    read(cluster, "a")
    assert.deepEqual(cluster.node("a").reads, [])
    cluster.heal()
    cluster.tick(1, ["a"])
    cluster.tick(1, ["b"])
    assert.deepEqual(cluster.node("a").reads, [])
    assert.strictEqual(cluster.node("a").refused.length, 1)
  })

  it("[RA13] a build without the round answers there, below what was acknowledged", () => {
    const cluster = new Cluster(members, { ...plain, breaks: { readWithoutRound: true } })
    cluster.campaign("a")
    cluster.isolate("a")
    cluster.campaign("b")
    cluster.propose("b", "x")
    read(cluster, "a")
    assert.deepEqual(cluster.node("a").reads, [{ token: 1, index: 1 }])
    assert.strictEqual(cluster.node("b").view.log.commit, 3)
  })
})

it("[RA13] late answers to heartbeats confirm no read that came after them", () => {
  const cluster = new Cluster(members, plain)
  cluster.campaign("a")
  // The answers to the round for b's read are delayed, and so is a copy of the request.
  const request = { _tag: "ReadIndex", from: "b", to: "a", term: 1, token: 1 } as const
  cluster.node("a").receive(request)
  cluster.deliver()
  const delayed = cluster.mail
  cluster.mail = []
  assert.deepEqual(
    delayed.map(({ _tag }) => _tag),
    ["HeartbeatResp", "HeartbeatResp"]
  )
  cluster.tick(1, ["a"])
  assert.strictEqual(cluster.node("b").reads.length, 1)

  cluster.isolate("a")
  cluster.campaign("b")
  cluster.propose("b", "x")
  const own = cluster.node("a").read()
  cluster.node("a").receive(request)
  for (const message of delayed) cluster.node("a").receive(message)
  assert.deepEqual(
    cluster.node("a").reads.filter(({ token }) => token === own),
    []
  )
})
