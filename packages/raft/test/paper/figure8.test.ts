/**
 * Figure 8 of the paper: why a leader does not commit an entry of an earlier term by counting. Step (c) ends
 * with such an entry on a majority; in (d) it is replaced, in (e) it is committed by an entry behind it.
 *
 * Our (c) differs in one place: S1 does not reach S2 again, which has the entry since (a), but S4.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk, type Options, plain } from "../Cluster.ts"

const servers = ["s1", "s2", "s3", "s4", "s5"]

/** One entry a message, so that the entry of term 2 can arrive without the one of term 4. */
const figure = (options: Options = {}) => {
  const setup = Object.fromEntries(
    servers.map((id) => [id, disk(servers, { terms: [1], commit: 1 })])
  )
  return new Cluster(setup, { ...plain, messageMaxBytes: 1, ...options })
}

const crash = (cluster: Cluster, id: string) => {
  cluster.node(id).restart()
  cluster.isolate(id)
}

/** Up to (c): S1 leads term 4, and its entry of term 2 is on S1 to S4. */
const upToC = (cluster: Cluster) => {
  // (a)
  cluster.loses = (message) => message._tag === "App" && message.to !== "s2"
  cluster.campaign("s1")
  assert.deepEqual(cluster.node("s2").terms, [1, 2])
  // (b)
  crash(cluster, "s1")
  cluster.cut("s5", "s2")
  cluster.loses = ({ _tag }) => _tag === "App"
  cluster.campaign("s5")
  assert.deepEqual(cluster.node("s5").terms, [1, 3])
  // (c) S3 and S4 voted in term 3, so the second campaign counts.
  cluster.heal()
  crash(cluster, "s5")
  cluster.loses = ({ _tag }) => _tag === "App"
  cluster.campaign("s1")
  cluster.campaign("s1")
  cluster.loses = (message) =>
    message._tag === "App" && (message.to === "s2" || (message.prevIndex === 2 && has2(message.to)))
  const has2 = (id: string) => cluster.node(id).view.log.lastIndex >= 2
  cluster.tick(1, ["s1"])
}

const termsOf = (cluster: Cluster) => servers.map((id) => cluster.node(id).terms.join(" "))

/** S1 fails and S5 comes back. It knows of term 3 only, so it campaigns twice. */
const s5Returns = (cluster: Cluster) => {
  cluster.heal()
  crash(cluster, "s1")
  cluster.campaign("s5")
  cluster.campaign("s5")
}

describe("figure 8", () => {
  it("[RA6] (c): an entry of an earlier term that a majority has is not committed by counting", () => {
    const cluster = figure()
    upToC(cluster)
    assert.deepEqual(termsOf(cluster), ["1 2 4", "1 2", "1 2", "1 2", "1 3"])
    const s1 = cluster.node("s1")
    assert.strictEqual(s1.role, "leader")
    assert.strictEqual(s1.progress("s3").match, 2)
    assert.strictEqual(s1.progress("s4").match, 2)
    assert.strictEqual(s1.view.log.commit, 1)
  })

  it("[RA6] (d): S5 wins with its entry of term 3 and replaces that of term 2", () => {
    const cluster = figure()
    upToC(cluster)
    s5Returns(cluster)
    assert.strictEqual(cluster.node("s5").role, "leader")
    cluster.heal()
    cluster.tick(1, ["s5"])
    assert.deepEqual(
      termsOf(cluster),
      servers.map(() => "1 3 5")
    )
    assert.strictEqual(cluster.node("s1").view.log.commit, 3)
  })

  it("[RA4] (e): with an entry of term 4 on a majority the earlier one is committed, and S5 cannot win", () => {
    const cluster = figure()
    upToC(cluster)
    cluster.loses = (message) => message._tag === "App" && message.to === "s4"
    cluster.tick(1, ["s1"])
    assert.deepEqual(termsOf(cluster), ["1 2 4", "1 2 4", "1 2 4", "1 2", "1 3"])
    assert.strictEqual(cluster.node("s1").view.log.commit, 3)
    s5Returns(cluster)
    assert.notStrictEqual(cluster.node("s5").role, "leader")
    cluster.campaign("s2")
    cluster.heal()
    cluster.tick(1, ["s2"])
    assert.deepEqual(
      termsOf(cluster),
      servers.map(() => "1 2 4 6")
    )
  })

  it("[RA6] a build that commits by counting has two histories after (d)", () => {
    const cluster = figure({ breaks: { commitEarlierTerms: true } })
    upToC(cluster)
    assert.strictEqual(cluster.node("s1").view.log.commit, 2)
    assert.throws(() => s5Returns(cluster), /RA5: two histories at 2/)
  })
})
