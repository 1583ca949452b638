/** What a leader makes of a proposal: where it stands, and its time. */
import { assert, describe, it } from "@effect/vitest"
import { bytesOf, change, Cluster, disk, type Node, plain } from "../Cluster.ts"
import { app, established, heartbeat, leading } from "../messages.ts"

const proposeAt = (node: Node, timeMs: number) =>
  node.step({ _tag: "Proposed", token: timeMs, entries: [bytesOf("x"), bytesOf("y")], timeMs })

const times = (node: Node) =>
  Array.from({ length: node.view.log.lastIndex }, (_, at) => node.view.log.entry(at + 1)!.time)

describe("the time of an entry", () => {
  it("is the one given, the same for a whole proposal, and never goes back", () => {
    const node = established("a", disk(["a"]))
    for (const timeMs of [100, 50, 101]) proposeAt(node, timeMs)
    node.proposeChange(change("AddLearner", "b"))
    assert.deepEqual(times(node), [0, 100, 100, 100, 100, 101, 101, 101])
  })

  it("is that of the entry before, for the first one of a leader", () => {
    const cluster = new Cluster(["a", "b", "c"], plain)
    cluster.campaign("a")
    proposeAt(cluster.node("a"), 100)
    cluster.settle()
    cluster.campaign("b")
    assert.deepEqual(times(cluster.node("b")), [0, 100, 100, 100])
    // The clock of b is behind that of a.
    proposeAt(cluster.node("b"), 7)
    assert.deepEqual(times(cluster.node("b")).slice(-2), [100, 100])
  })

  it("goes on from the snapshot when the log is empty", () => {
    const restored = disk(["a"], { snapshot: { index: 5, term: 1 } })
    const snapshot = { ...restored.snapshot, time: 100 }
    const node = leading("a", { ...restored, snapshot })
    proposeAt(node, 7)
    assert.strictEqual(node.view.log.entry(6)!.time, 100)
    assert.strictEqual(node.view.log.entry(8)!.time, 100)
  })
})

describe("a proposal", () => {
  it("tells where each stands and in which term, in the order of the proposals", () => {
    const node = established("a", disk(["a", "b"]))
    node.propose("x")
    node.propose("y", "z")
    node.proposeChange(change("AddLearner", "l"))
    assert.deepEqual(node.proposed, [
      { token: 1, first: 2, last: 2, term: 1 },
      { token: 2, first: 3, last: 4, term: 1 },
      { token: 3, first: 5, last: 5, term: 1 }
    ])
  })

  it("that was accepted can still be lost: its place is then of another term", () => {
    const node = established("a", disk(["a", "b", "c"]))
    node.propose("x")
    node.receive(app("b", "a", 2, [1, 1], [2], 2))
    assert.strictEqual(node.proposed[0]!.term, 1)
    assert.strictEqual(node.applied.at(-1)!.index, node.proposed[0]!.last)
    assert.strictEqual(node.applied.at(-1)!.term, 2)
    assert.deepEqual(node.commands, ["2.2"])
  })

  it("is refused with the leader's name, where one is known", () => {
    const node = established("a", disk(["a", "b"]), plain)
    node.receive(heartbeat("b", "a", 2))
    node.propose("x")
    node.campaign()
    node.propose("y")
    assert.deepEqual(
      node.refused.map(({ token, leader }) => [token, leader]),
      [
        [1, "b"],
        [2, undefined]
      ]
    )
  })

  it("[RA15] is accepted as a whole or not at all", () => {
    const node = established("a", disk(["a", "b"]), { uncommittedMaxBytes: 100 })
    node.propose("x".repeat(20), "y".repeat(20), "z".repeat(20))
    assert.deepInclude(node.refused[0], { reason: "Overloaded" })
    assert.strictEqual(node.view.log.lastIndex, 1)
  })
})
