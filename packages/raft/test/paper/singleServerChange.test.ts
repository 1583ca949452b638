/**
 * The known bug of single-server changes of membership (Ongaro on the raft-dev list, 2015): two leaders make
 * one change each, and in the end a majority of one voter set does not meet a majority of another.
 *
 * Here changes take effect when they are applied, so the history differs from the one on the list: the second
 * leader finds the first one's change in its log and puts its own behind it, both are committed at once, and
 * somebody who has both and knows of neither still counts with the voters before both.
 *
 *     index   1       2      3       4      5
 *     b       noop1   +d     noop2   +e     what b, d, e commit
 *     c       noop1   +d     noop2   +e     noop3: what c and a commit
 */
import { assert, describe, it } from "@effect/vitest"
import { change, Cluster, disk, type Options, plain } from "../Cluster.ts"

const founders = ["a", "b", "c"]

/** a and b know +d, nobody knows that it is committed, and b leads term 2. */
const secondLeader = (options: Options = {}) => {
  const setup = Object.fromEntries(["a", "b", "c", "d", "e"].map((id) => [id, disk(founders)]))
  const cluster = new Cluster(setup, { ...plain, ...options })
  cluster.campaign("a")
  cluster.loses = ({ _tag, to }) => (_tag === "App" && to === "c") || _tag === "AppResp"
  cluster.proposeChange("a", change("AddVoter", "d"))
  assert.strictEqual(cluster.node("b").view.log.lastIndex, 2)
  cluster.heal()
  cluster.isolate("a")
  cluster.loses = ({ _tag }) => _tag === "App"
  cluster.campaign("b")
  assert.strictEqual(cluster.node("b").role, "leader")
  return cluster
}

/** c never hears that +e, at 4, is committed; then b, d, e are on one side and a, c on the other. */
const part = (cluster: Cluster) => {
  cluster.loses = (message) => message.to === "c" && "commit" in message && message.commit >= 4
  cluster.tick(1, ["b"])
  cluster.tick(1, ["b"])
  cluster.heal()
  cluster.partition(["b", "d", "e"], ["a", "c"])
}

describe("single-server changes by two leaders", () => {
  it("[RA10] a leader proposes no change while one that it found in its log is not applied", () => {
    const cluster = secondLeader()
    const b = cluster.node("b")
    b.proposeChange(change("AddVoter", "e"))
    assert.deepEqual(
      b.refused.map(({ reason }) => reason),
      ["ConfChangePending"]
    )
    assert.strictEqual(b.view.log.lastIndex, 3)
  })

  it("[RA10] with the guard the same losses and partition leave one history", () => {
    const cluster = secondLeader()
    const b = cluster.node("b")
    cluster.loses = ({ to }) => to === "d" || to === "e"
    cluster.tick(1, ["b"])
    assert.deepEqual(b.view.configuration.voters, ["a", "b", "c", "d"])
    cluster.heal()
    cluster.isolate("a")
    b.proposeChange(change("AddVoter", "e"))
    part(cluster)
    assert.deepEqual(b.view.configuration.voters, ["a", "b", "c", "d", "e"])
    // c got +e together with the news that +d is committed.
    assert.deepEqual(cluster.node("c").view.configuration.voters, ["a", "b", "c", "d"])

    cluster.propose("b", "x")
    assert.deepEqual(cluster.node("d").commands, ["x"])
    cluster.campaign("c")
    cluster.campaign("c")
    assert.strictEqual(cluster.node("c").role, "candidate")
    cluster.heal()
    cluster.tick(60)
    for (const node of cluster.nodes.values()) assert.deepEqual(node.commands, ["x"])
  })

  it("[RA10] without the guard two quorums do not meet, and two histories are committed", () => {
    const cluster = secondLeader({ breaks: { changeWhilePending: true } })
    const b = cluster.node("b")
    cluster.heal()
    cluster.isolate("a")
    cluster.cut("b", "d", "e")
    b.proposeChange(change("AddVoter", "e"))
    part(cluster)
    assert.deepEqual(b.view.configuration.voters, ["a", "b", "c", "d", "e"])
    const c = cluster.node("c")
    assert.deepEqual(c.terms, [1, 1, 2, 2])
    assert.deepEqual(c.view.configuration.voters, founders)

    cluster.propose("b", "x")
    cluster.tick(1, ["b"])
    assert.strictEqual(b.view.log.commit, 5)
    assert.throws(() => cluster.campaign("c"), /RA5: two histories at 5/)
  })

  it("[RA10] what was found in the log and is applied now hinders no change", () => {
    const cluster = secondLeader()
    cluster.heal()
    cluster.tick(2, ["b"])
    const b = cluster.node("b")
    assert.strictEqual(b.view.log.applied, 3)
    cluster.proposeChange("b", change("AddVoter", "e"))
    assert.deepEqual(b.refused, [])
    assert.deepEqual(b.view.configuration.voters, ["a", "b", "c", "d", "e"])
  })
})
