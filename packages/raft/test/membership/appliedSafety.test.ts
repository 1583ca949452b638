/**
 * What the application of changes rests on. Changes take effect when they are applied, so at any time some
 * nodes decide with an older set of voters than others. It is safe as long as a node is never two changes
 * behind what it holds: (a) a leader proposes a change only behind an applied one, (b) a node does not
 * campaign with a committed change that it has not applied, (c) the commit index that comes with entries is
 * written with them.
 */
import { assert, describe, it } from "@effect/vitest"
import { change, Cluster, disk, type Options, plain } from "../Cluster.ts"

const founders = ["a", "b", "c"]

const cloud = (options: Options = {}) =>
  new Cluster(Object.fromEntries(["a", "b", "c", "d", "e"].map((id) => [id, disk(founders)])), {
    ...plain,
    ...options
  })

/**
 * a leads. +d stands at 2 and +e at 3, both are committed and applied at a. b has both, and learnt with +e that
 * +d is committed. c is cut off and has neither. In the end a, d, e are on one side and b, c on the other.
 * `addE` proposes +e and delivers it.
 */
const twoChanges = (options: Options, addE: (cluster: Cluster) => void) => {
  const cluster = cloud(options)
  cluster.campaign("a")
  cluster.isolate("c")
  keepFromB(cluster, 2)
  cluster.proposeChange("a", change("AddVoter", "d"))
  assert.deepEqual(cluster.node("b").view.configuration.voters, founders)
  keepFromB(cluster, 3)
  addE(cluster)
  assert.deepEqual(cluster.node("a").view.configuration.voters, ["a", "b", "c", "d", "e"])
  assert.strictEqual(cluster.node("b").view.log.lastIndex, 3)
  cluster.heal()
  cluster.partition(["a", "d", "e"], ["b", "c"])
  cluster.propose("a", "x")
  assert.deepEqual(cluster.node("e").commands, ["x"])
  return cluster
}

/** b does not hear that the entry at `index` is committed. */
const keepFromB = (cluster: Cluster, index: number) => {
  cluster.loses = (message) => message.to === "b" && "commit" in message && message.commit >= index
}

/** b's state machine stands still. */
const slowly = (cluster: Cluster) => {
  cluster.node("b").appliesAtOnce = false
  cluster.proposeChange("a", change("AddVoter", "e"))
}

/** b crashes when its disk has the batch with +e, and nothing after it. */
const crashed = (options: Options) => {
  const cluster = twoChanges(options, (cluster) => {
    const b = cluster.node("b")
    b.appliesAtOnce = false
    b.persistsAtOnce = false
    cluster.proposeChange("a", change("AddVoter", "e"))
    const at = b.writes.findIndex(({ entries }) => entries.some(({ index }) => index === 3))
    b.persist(at + 1)
    cluster.settle()
  })
  cluster.node("b").restart()
  cluster.node("b").persistsAtOnce = true
  return cluster
}

describe("(a) one change at a time", () => {
  it("[RA10] a change that is committed but not applied holds back the next one", () => {
    const cluster = cloud()
    cluster.campaign("a")
    const a = cluster.node("a")
    a.appliesAtOnce = false
    cluster.proposeChange("a", change("AddLearner", "d"))
    assert.strictEqual(a.view.log.commit, 2)
    a.proposeChange(change("AddLearner", "e"))
    assert.deepEqual(
      a.refused.map(({ reason }) => reason),
      ["ConfChangePending"]
    )
    a.apply()
    a.proposeChange(change("AddLearner", "e"))
    assert.strictEqual(a.refused.length, 1)
    assert.strictEqual(a.view.log.lastIndex, 3)
  })

  it("[RA10] a leader with a fully applied log may propose at once: its own first entry comes before", () => {
    const cluster = cloud()
    cluster.loses = ({ _tag }) => _tag === "App"
    cluster.campaign("a")
    const a = cluster.node("a")
    a.proposeChange(change("AddLearner", "d"))
    assert.deepEqual(a.refused, [])
    assert.deepEqual(a.terms, [1, 1])
    // What is proposed now commits together with an entry of the own term, or not at all.
    assert.strictEqual(a.view.log.commit, 0)
    cluster.heal()
    cluster.tick(1, ["a"])
    assert.deepEqual(a.view.configuration.learners, ["d"])
  })

  it("[RA10] a leader applies all that it found in its log before it proposes a change", () => {
    const setup = { a: disk(founders, { terms: [1, 1] }), b: disk(founders), c: disk(founders) }
    const cluster = new Cluster(setup, plain)
    cluster.loses = ({ _tag }) => _tag === "App"
    cluster.campaign("a")
    const a = cluster.node("a")
    a.appliesAtOnce = false
    const reasons = () => a.refused.map(({ reason }) => reason)
    a.proposeChange(change("AddLearner", "d"))
    assert.deepEqual(reasons(), ["ConfChangePending"])
    cluster.heal()
    cluster.tick(1, ["a"])
    assert.strictEqual(a.view.log.commit, 3)
    a.apply(1)
    a.proposeChange(change("AddLearner", "d"))
    assert.strictEqual(reasons().length, 2)
    a.apply(1)
    a.proposeChange(change("AddLearner", "d"))
    assert.strictEqual(reasons().length, 2)
    assert.strictEqual(a.view.log.lastIndex, 4)
  })
})

describe("(b) no campaign with a committed change that is not applied", () => {
  it("[RA16] neither a timeout, nor a wish, nor a transfer makes such a node campaign", () => {
    const cluster = twoChanges({}, slowly)
    const b = cluster.node("b")
    assert.strictEqual(b.view.log.commit, 2)
    assert.strictEqual(b.view.log.applied, 1)
    b.campaign()
    b.tick(40)
    b.receive({ _tag: "TimeoutNow", from: "a", to: "b", term: 1 })
    assert.strictEqual(b.role, "follower")
    assert.strictEqual(b.view.term, 1)
  })

  it("[RA16] when the change is applied it campaigns with the new voters, and b and c are not enough", () => {
    const cluster = twoChanges({}, slowly)
    const b = cluster.node("b")
    b.apply()
    b.appliesAtOnce = true
    cluster.campaign("b")
    assert.strictEqual(b.role, "candidate")
    assert.deepEqual(b.view.configuration.voters, ["a", "b", "c", "d"])
  })

  it("[RA16] a build that campaigns all the same has two histories", () => {
    const cluster = twoChanges({ breaks: { campaignUnapplied: true } }, slowly)
    assert.throws(() => cluster.campaign("b"), /RA5: two histories at 4/)
  })
})

describe("(c) entries and the commit index that came with them are one write", () => {
  it("[RA16] the batch that brings the entries brings the commit index", () => {
    const b = crashed({}).node("b")
    assert.strictEqual(b.disk.hardState.commit, 2)
    assert.strictEqual(b.disk.entries.length, 3)
    b.campaign()
    assert.strictEqual(b.role, "follower")
  })

  it("[RA16] a build that writes them apart forgets in a crash that the change is committed", () => {
    const cluster = crashed({ breaks: { dropCommitFromBatch: true } })
    const b = cluster.node("b")
    assert.strictEqual(b.disk.entries.length, 3)
    assert.isBelow(b.disk.hardState.commit, 2)
    assert.throws(() => cluster.campaign("b"), /RA5: two histories at 4/)
  })
})
