/** §5.4 of the paper: who may be elected, and what may be committed. */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk, Node, plain } from "../Cluster.ts"
import { accepted, app, following, leading, vote, voteResp } from "../messages.ts"

const members = ["a", "b", "c"]

/** What becomes of c, which misses a committed entry and campaigns while only b can hear it. */
const roleWithout2 = (breaks: { readonly voteForStaleLog?: boolean }) => {
  const cluster = new Cluster(members, { ...plain, breaks })
  cluster.campaign("a")
  cluster.isolate("c")
  cluster.propose("a", "x")
  cluster.heal()
  cluster.isolate("a")
  cluster.loses = ({ _tag, from }) => _tag === "App" && from === "a"
  cluster.campaign("c")
  return cluster.node("c").role
}
describe("§5.4.1, elections", () => {
  it.each([
    [[1], 2],
    [[1, 2], 3]
  ])("a candidate with log %j tells in term %i where it ends", (terms, term) => {
    const node = following("a", "b", term - 1, disk(members), plain)
    node.receive(app("b", "a", term - 1, [0, 0], terms))
    node.sent()
    node.tick(node.config.electionTicks)
    const end = [terms.length, terms.at(-1)!] as const
    assert.deepEqual(node.sent(), [vote("a", "b", term, end), vote("a", "c", term, end)])
  })

  it.each([
    { log: [1], end: [1, 1], granted: true },
    { log: [1], end: [2, 1], granted: true },
    { log: [1, 1], end: [1, 1], granted: false },
    { log: [1], end: [1, 2], granted: true },
    { log: [1], end: [2, 2], granted: true },
    { log: [1, 1], end: [1, 2], granted: true },
    { log: [2], end: [1, 1], granted: false },
    { log: [2], end: [2, 1], granted: false },
    { log: [2, 2], end: [1, 1], granted: false },
    { log: [2], end: [0, 0], granted: false }
  ] as const)("[RA4] a voter with log $log answers a candidate's $end with $granted", (row) => {
    for (const tag of ["Vote", "PreVote"] as const) {
      const node = new Node("a", disk(members, { terms: row.log }))
      node.receive(vote("b", "a", 3, row.end, tag))
      assert.deepEqual(
        node.answer(),
        // A grant is for the term asked for. A real question has moved the voter to it, a pre-vote has not.
        voteResp(
          "a",
          "b",
          row.granted || tag === "Vote" ? 3 : node.view.term,
          row.granted,
          `${tag}Resp`
        )
      )
    }
  })

  it("[RA4] a build that votes for stale logs loses what is committed", () => {
    assert.notStrictEqual(roleWithout2({}), "leader")
    assert.throws(() => roleWithout2({ voteForStaleLog: true }), /RA4/)
  })
})

describe("§5.4.2, entries of earlier terms", () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 3]
  ])("[RA6] with %i on a majority the leader of term 3 commits up to %i", (index, commit) => {
    const node = leading("a", disk(["a", "b"], { terms: [1, 2] }), plain)
    node.propose("x")
    assert.deepEqual(node.terms, [1, 2, 3, 3])
    node.receive(accepted("b", "a", 3, index))
    assert.strictEqual(node.view.log.commit, commit)
  })

  it("[RA6] with no proposal the first entry of the leader commits those before it", () => {
    const cluster = new Cluster(["a", "b", "c", "d", "e"], plain)
    cluster.campaign("a")
    cluster.cut("a", "c", "d", "e")
    cluster.propose("a", "x", "y")
    assert.strictEqual(cluster.node("a").view.log.commit, 1)
    cluster.heal()
    cluster.loses = ({ _tag }) => _tag === "App"
    cluster.campaign("b")
    assert.strictEqual(cluster.node("b").view.log.commit, 1)
    cluster.heal()
    cluster.tick(1, ["b"])
    assert.strictEqual(cluster.node("b").view.log.commit, 4)
    for (const node of cluster.nodes.values()) assert.deepEqual(node.terms, [1, 1, 1, 2])
  })

  it("[RA4] entries of a later term that nobody else has give way to older ones that win", () => {
    const five = ["a", "b", "c", "d", "e"]
    const cluster = new Cluster(
      {
        a: disk(five, { terms: [1] }),
        b: disk(five, { terms: [1] }),
        c: disk(five, { terms: [2] }),
        d: disk(five, { term: 2, vote: "c" }),
        e: disk(five, { term: 2, vote: "c" })
      },
      plain
    )
    cluster.campaign("a")
    assert.deepInclude(cluster.node("a").view, { role: "follower", term: 2 })
    cluster.campaign("a")
    assert.deepInclude(cluster.node("a").view, { role: "leader", term: 3 })
    for (const node of cluster.nodes.values()) assert.deepEqual(node.terms, [1, 3])
  })

  it("[RA1] each of three nodes leads in turn, and always one", () => {
    for (const preVote of [false, true]) {
      const cluster = new Cluster(members, { preVote, checkQuorum: false })
      for (const id of members) {
        cluster.campaign(id)
        assert.deepEqual(cluster.leaders, [id])
      }
      assert.deepEqual(cluster.node("a").terms, [1, 2, 3])
    }
  })
})
