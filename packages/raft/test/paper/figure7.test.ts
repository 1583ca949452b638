/**
 * Figure 7 of the paper: a leader of term 8 comes to power over six followers, none of which has its log. Some
 * miss entries, some have entries that nobody else has, some have both.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk, plain } from "../Cluster.ts"

const members = ["leader", "a", "b", "c", "d", "e", "f"]
const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]

const followers: Readonly<Record<string, ReadonlyArray<number>>> = {
  a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
  b: [1, 1, 1, 4],
  c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  e: [1, 1, 1, 4, 4, 4, 4],
  f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]
}

/** All stand in term 7, as the paper says of the leader's election; e and f know of it too. */
const figure = () => {
  const logs = { leader: leaderTerms, ...followers }
  return new Cluster(
    Object.fromEntries(
      members.map((id) => [id, disk(members, { term: 7, terms: logs[id as keyof typeof logs] })])
    ),
    plain
  )
}

describe("figure 7", () => {
  it("the leader wins with the votes of a, b, e and f, and not with those of c and d", () => {
    const cluster = figure()
    const leader = cluster.node("leader")
    leader.campaign()
    cluster.deliver()
    const answers = cluster.mail.filter(({ _tag }) => _tag === "VoteResp")
    const granted = answers.filter((answer) => "granted" in answer && answer.granted)
    assert.deepEqual(
      granted.map(({ from }) => from),
      ["a", "b", "e", "f"]
    )
    cluster.settle()
    assert.strictEqual(leader.role, "leader")
    assert.strictEqual(leader.view.term, 8)
  })

  it.each(Object.keys(followers))("[RA3] follower %s converges to the leader's log", (id) => {
    const cluster = figure()
    cluster.campaign("leader")
    assert.deepEqual(cluster.node(id).terms, [...leaderTerms, 8])
    assert.strictEqual(cluster.node(id).view.log.commit, 11)
    assert.deepEqual(cluster.node(id).disk.entries, cluster.node("leader").disk.entries)
  })

  it.each([
    ["a", 1],
    ["b", 1],
    ["c", 0],
    ["d", 0],
    ["e", 1],
    ["f", 1]
  ] as const)("follower %s refuses %i times: whole terms are skipped", (id, expected) => {
    const cluster = figure()
    let refusals = 0
    cluster.loses = (message) => {
      if (message._tag === "AppResp" && message.from === id && message.hint !== undefined)
        refusals++
      return false
    }
    cluster.campaign("leader")
    assert.strictEqual(refusals, expected)
  })

  it("nothing of earlier terms is committed before an entry of term 8 is", () => {
    const cluster = figure()
    const leader = cluster.node("leader")
    cluster.loses = (message) =>
      message._tag === "App" && message.entries.some(({ term }) => term === 8)
    cluster.campaign("leader")
    assert.strictEqual(leader.role, "leader")
    assert.strictEqual(leader.view.log.commit, 0)
  })
})
