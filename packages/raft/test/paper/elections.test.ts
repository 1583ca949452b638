/** §5.2 of the paper: leader election. */
import { assert, describe, it } from "@effect/vitest"
import { disk, Node, plain } from "../Cluster.ts"
import { app, following, leading, vote, voteResp } from "../messages.ts"

const members = ["a", "b", "c"]
const named = (count: number) => ["a", "b", "c", "d", "e"].slice(0, count)

const candidate = (ids: ReadonlyArray<string> = members): Node => {
  const node = new Node("a", disk(ids), plain)
  node.campaign()
  return node
}

/** A long period, far from random, that visits the interval evenly. */
const stepping = () => {
  let draw = 0
  return () => (draw = (draw + 0.381_966) % 1)
}

describe("§5.2", () => {
  it("a node begins as a follower", () => {
    assert.strictEqual(new Node("a", disk(members)).role, "follower")
  })

  it("a leader sends heartbeats to all others, again and again", () => {
    const node = leading("a", disk(members), { heartbeatTicks: 2 })
    node.tick()
    assert.deepEqual(node.sent(), [])
    for (let round = 0; round < 3; round++) {
      node.tick(round === 0 ? 1 : 2)
      const beats = node.sent("Heartbeat")
      assert.deepEqual(
        beats.map(({ to, term }) => [to, term]),
        [
          ["b", 1],
          ["c", 1]
        ]
      )
    }
  })

  it("a follower that hears nothing votes for itself and asks all others", () => {
    const node = following("a", "b", 1, disk(members), plain)
    node.tick(node.config.electionTicks)
    assert.deepInclude(node.view, { role: "candidate", term: 2, vote: "a", leader: undefined })
    assert.deepEqual(node.sent(), [vote("a", "b", 2, [0, 0]), vote("a", "c", 2, [0, 0])])
  })

  it("a candidate that wins no majority begins anew, in the next term", () => {
    const node = candidate()
    node.sent()
    node.tick(node.config.electionTicks)
    assert.deepInclude(node.view, { role: "candidate", term: 2, vote: "a" })
    assert.deepEqual(node.sent(), [vote("a", "b", 2, [0, 0]), vote("a", "c", 2, [0, 0])])
  })

  it.each([
    [1, "", "leader"],
    [3, "yy", "leader"],
    [3, "y", "leader"],
    [5, "yyyy", "leader"],
    [5, "yyy", "leader"],
    [5, "yy", "leader"],
    [3, "nn", "follower"],
    [5, "nnnn", "follower"],
    [5, "ynnn", "follower"],
    [3, "", "candidate"],
    [5, "y", "candidate"],
    [5, "nn", "candidate"],
    [5, "", "candidate"]
  ])("of %i voters the others say '%s': the candidate is %s", (size, votes, role) => {
    const node = candidate(named(size))
    for (const [position, answer] of [...votes].entries()) {
      node.receive(voteResp(named(5)[position + 1]!, "a", 1, answer === "y"))
    }
    assert.strictEqual(node.role, role)
    assert.strictEqual(node.view.term, 1)
  })

  it("[RA1] a vote that is repeated, or changed, counts once", () => {
    const node = candidate(named(5))
    for (let time = 0; time < 3; time++) node.receive(voteResp("b", "a", 1, true))
    assert.strictEqual(node.role, "candidate")
    node.receive(voteResp("c", "a", 1, false))
    node.receive(voteResp("c", "a", 1, true))
    assert.strictEqual(node.role, "candidate")
  })

  it.each([
    [undefined, "b", true],
    [undefined, "c", true],
    ["b", "b", true],
    ["c", "c", true],
    ["b", "c", false],
    ["c", "b", false]
  ])("[RA8] who voted for %s in a term answers %s with %s", (voted, asks, granted) => {
    const node = new Node("a", disk(members, { term: 1, vote: voted }), plain)
    node.receive(vote(asks, "a", 1, [0, 0]))
    assert.deepEqual(node.answer(), voteResp("a", asks, 1, granted))
  })

  it.each([1, 2])("a candidate of term 1 gives way to a leader of term %i", (term) => {
    const node = candidate()
    node.receive(app("b", "a", term, [0, 0]))
    assert.deepInclude(node.view, { role: "follower", term, leader: "b" })
  })

  it.each(["follower", "candidate"])(
    "the election timeout of a %s is drawn anew each time",
    (role) => {
      const node = new Node("a", disk(members), plain)
      node.random = stepping()
      const seen = new Set<number>()
      for (let round = 0; round < 200; round++) {
        if (role === "follower") node.receive(app("b", "a", node.view.term + 1, [0, 0]))
        node.sent()
        let ticks = 0
        for (; node.outbox.length === 0; ticks++) node.tick()
        seen.add(ticks)
      }
      const all = Array.from({ length: 10 }, (_, offset) => 10 + offset)
      assert.deepEqual(
        [...seen].toSorted((left, right) => left - right),
        all
      )
    }
  )

  it("of five followers it is mostly one that times out first", () => {
    const random = stepping()
    const nodes = named(5).map((id) => {
      const node = new Node(id, disk(named(5)), plain)
      node.random = random
      return node
    })
    let conflicts = 0
    for (let round = 1; round <= 200; round++) {
      for (const node of nodes) node.receive(vote("x", node.id, node.view.term + 1, [9, 9]))
      for (const node of nodes) node.sent()
      let first = 0
      while (first === 0) {
        for (const node of nodes) node.tick()
        first = nodes.filter(({ outbox }) => outbox.length > 0).length
      }
      if (first > 1) conflicts++
      for (const node of nodes) node.sent()
    }
    assert.isBelow(conflicts / 200, 0.5)
  })
})
