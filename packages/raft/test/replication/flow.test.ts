/** How fast a leader sends to one follower: probes, the stream of entries, and its windows. */
import { assert, describe, it } from "@effect/vitest"
import { Cluster, disk, type Node, type Of, type Options, plain, textOf } from "../Cluster.ts"
import {
  acceptance,
  accepted,
  app,
  established,
  following,
  heartbeat,
  heartbeatResp,
  leading,
  refused
} from "../messages.ts"

const pair = ["a", "b"]
const members = ["a", "b", "c"]

const lastIndexOf = (message: Of<"App">): number => message.prevIndex + message.entries.length

/** How far the log goes when an old message comes after a newer one. */
const entriesAfterBoth = (options: Options) => {
  const node = following("b", "a", 1, disk(pair), options)
  node.receive(app("a", "b", 1, [0, 0], [1, 1, 1]))
  node.receive(app("a", "b", 1, [0, 0], [1]))
  return node.view.log.lastIndex
}

/** a leads term 2 with log 1 1 2, and probes b behind 2. */
const leader = () => leading("a", disk(members, { terms: [1, 1] }), plain)

describe("a probe", () => {
  it("is one message, until it is answered or a heartbeat is", () => {
    const node = leading("a", disk(pair))
    assert.deepInclude(node.progress("b"), { state: "probe", next: 1, isPaused: true })
    for (let round = 0; round < 3; round++) {
      for (let time = 0; time < 5; time++) node.propose("x")
      assert.deepEqual(node.sent("App"), [])
      node.tick()
      assert.strictEqual(node.sent("Heartbeat").length, 1)
      assert.isTrue(node.progress("b").isPaused)
    }
    node.receive(heartbeatResp("b", "a", 1))
    const [again, ...others] = node.sent("App")
    assert.deepInclude(again, { prevIndex: 0, prevTerm: 0 })
    assert.strictEqual(again!.entries.length, 16)
    assert.deepEqual(others, [])
    assert.isTrue(node.progress("b").isPaused)
    node.receive(acceptance(again!))
    assert.deepInclude(node.progress("b"), { state: "replicate", match: 16, next: 17 })
  })

  it("is sent to each follower alone: one that answers does not wait for one that is silent", () => {
    const node = leading("a", disk(members))
    node.receive(accepted("b", "a", 1, 1))
    node.sent()
    node.propose("x")
    assert.deepEqual(
      node.sent("App").map(({ to }) => to),
      ["b"]
    )
    node.receive(accepted("c", "a", 1, 1))
    const [toC] = node.sent("App").filter(({ entries }) => entries.length > 0)
    assert.deepInclude(toC, { to: "c", prevIndex: 1 })
    assert.deepEqual(toC!.entries.map(textOf), ["x"])
  })
})

describe("a stream", () => {
  it("sends each entry once, without waiting for answers", () => {
    const node = established("a", disk(pair))
    for (let index = 2; index <= 11; index++) {
      node.propose("x")
      const [message] = node.sent("App")
      assert.deepInclude(message, { prevIndex: index - 1 })
      assert.strictEqual(message!.entries.length, 1)
      assert.strictEqual(node.progress("b").next, index + 1)
    }
  })

  it.each([
    ["is unreachable", (node: Node) => node.step({ _tag: "PeerUnreachable", peer: "b" })],
    [
      "refuses, since a message got lost",
      (node: Node) => node.receive(refused("b", "a", 1, 3, { index: 1, term: 1 }))
    ]
  ])("becomes a probe behind what matched when the follower %s", (_, act) => {
    const node = established("a", disk(pair))
    for (let time = 0; time < 4; time++) node.propose("x")
    assert.deepInclude(node.progress("b"), { match: 1, next: 6 })
    act(node)
    assert.deepInclude(node.progress("b"), { state: "probe", match: 1, next: 2 })
  })

  it("goes on when an unreachable node is none, follows already, or this one does not lead", () => {
    const node = established("a", disk(pair))
    node.step({ _tag: "PeerUnreachable", peer: "x" })
    const follower = following("b", "a", 1, disk(pair))
    follower.step({ _tag: "PeerUnreachable", peer: "a" })
    assert.strictEqual(node.progress("b").state, "replicate")
  })

  it("[RA3] may be delivered in any order", () => {
    const leader = established("a", disk(pair))
    const follower = following("b", "a", 1, disk(pair))
    follower.receive(app("a", "b", 1, [0, 0], [1], 1))
    follower.sent()
    leader.propose("x")
    leader.propose("y")
    const [first, second] = leader.sent("App")
    follower.receive(second!)
    const refusal = follower.answer()
    assert.deepInclude(refusal, { index: 2, hint: { index: 1, term: 1 } })
    follower.receive(first!)
    leader.receive(refusal)
    leader.receive(follower.answer())
    const again = leader.sent("App")
    for (const message of again) follower.receive(message)
    assert.strictEqual(follower.view.log.lastIndex, 3)
    for (const answer of follower.sent()) leader.receive(answer)
    // A refusal that comes once more is old: it moves nothing below what matched.
    leader.receive(refusal)
    assert.deepInclude(leader.progress("b"), { state: "replicate", match: 3, next: 4 })
  })

  it("[RA7] a late message takes nothing away that a newer one brought", () => {
    assert.strictEqual(entriesAfterBoth({}), 3)
    assert.strictEqual(entriesAfterBoth({ breaks: { truncateOnEveryAppend: true } }), 1)
  })
})

describe("the answers of a follower", () => {
  it.each([
    ["a stale refusal", refused("b", "a", 2, 3, { index: 3, term: 0 }), 0, 3, [], 0],
    ["a refusal", refused("b", "a", 2, 2, { index: 1, term: 1 }), 0, 2, [1], 0],
    ["all of it", accepted("b", "a", 2, 3), 3, 4, [3, 2], 3],
    ["only the place before", accepted("b", "a", 2, 2), 2, 4, [2], 0],
    ["nothing, but it matches", accepted("b", "a", 2, 0), 0, 4, [0], 0]
  ] as const)("%s", (_, answer, match, next, places, commit) => {
    const node = leader()
    node.receive(answer)
    assert.deepInclude(node.progress("b"), { match, next })
    const sentTo = node.sent("App").toSorted((left, right) => (left.to < right.to ? -1 : 1))
    assert.deepEqual(
      sentTo.map(({ prevIndex }) => prevIndex),
      places.slice(0, sentTo.length)
    )
    assert.strictEqual(node.view.log.commit, commit)
  })

  it("a heartbeat that is answered brings entries to one who misses some, and only to it", () => {
    const node = leader()
    node.receive(heartbeatResp("b", "a", 2))
    const [message] = node.sent("App")
    node.receive(heartbeatResp("b", "a", 2))
    assert.strictEqual(node.sent("App").length, 1)
    node.receive(acceptance(message!))
    node.sent()
    node.receive(heartbeatResp("b", "a", 2))
    assert.deepEqual(node.sent("App"), [])
  })

  it.each([
    { leads: [1, 2, 2, 4, 4, 4, 4], has: [1, 2, 2, 3, 3, 3, 3, 3], hint: [7, 3], next: [3, 2] },
    {
      leads: [1, 2, 2, 3, 4, 4, 4, 5],
      has: [1, 2, 2, 3, 3, 3, 3, 3, 3],
      hint: [8, 3],
      next: [4, 3]
    },
    { leads: [1, 1, 1, 1], has: [1, 2, 2, 4], hint: [1, 1], next: [1, 1] },
    { leads: [1, 1, 1, 1, 1, 1], has: [1, 2, 2, 4], hint: [1, 1], next: [1, 1] },
    { leads: [1, 1, 1, 1], has: [1, 2, 2, 4, 4, 4], hint: [1, 1], next: [1, 1] },
    { leads: [1, 1, 1, 4, 5], has: [1, 1, 1, 4], hint: [4, 4], next: [4, 4] },
    { leads: [2, 5, 5, 5, 5, 5, 5, 5, 5], has: [2, 4, 4, 4, 4, 4], hint: [6, 4], next: [1, 2] },
    { leads: [2, 2, 2, 2, 2], has: [2, 4, 4, 4, 4, 4, 4, 4], hint: [1, 2], next: [1, 2] }
  ] as const)("one refusal skips all terms that cannot match: $leads, $has", (row) => {
    const leads = leading("a", disk(members, { terms: row.leads, term: 5 }), plain)
    const follower = following("b", "a", 6, disk(members, { terms: row.has, term: 5 }), plain)
    leads.receive(heartbeatResp("b", "a", 6))
    follower.receive(leads.sent("App")[0]!)
    const refusal = follower.answer()
    const [index, term] = row.hint
    assert.deepInclude(refusal, { _tag: "AppResp", hint: { index, term } })
    leads.receive(refusal)
    const [probe] = leads.sent("App")
    assert.deepEqual([probe!.prevIndex, probe!.prevTerm], [...row.next])
    follower.receive(probe!)
    assert.deepEqual(follower.terms, leads.terms)
  })
})

describe("a heartbeat", () => {
  it("[RA7] tells no commit index above what the follower is known to have", () => {
    const node = established("a", disk(members))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    node.sent()
    node.tick()
    assert.deepEqual(
      node.sent().map((message) => message._tag === "Heartbeat" && [message.to, message.commit]),
      [
        ["b", 2],
        ["c", 1]
      ]
    )
  })

  it.each([
    [3, 3],
    [1, 2]
  ])("[RA7] with commit index %i moves 2 to %i", (commit, expected) => {
    const node = following("b", "a", 2, disk(pair, { terms: [1, 1, 2], commit: 2 }))
    node.receive(heartbeat("a", "b", 2, commit))
    assert.strictEqual(node.view.log.commit, expected)
    assert.deepEqual(node.answer(), heartbeatResp("b", "a", 2))
  })

  it("[RA7] that commits what is not there stops the node: it lost its log", () => {
    const node = following("b", "a", 2, disk(pair, { terms: [1], term: 2 }))
    assert.throws(() => node.receive(heartbeat("a", "b", 2, 2)), /RA7/)
  })

  it("comes from leaders only", () => {
    const cluster = new Cluster(members, plain)
    for (const id of members) cluster.node(id).tick(5)
    assert.isTrue([...cluster.nodes.values()].every(({ outbox }) => outbox.length === 0))
  })
})

describe("the window", () => {
  const inflightMax = 4
  /** All messages of the window are under way, and two more entries wait. */
  const full = () => {
    const node = established("a", disk(pair), { inflightMax })
    for (let time = 0; time < inflightMax; time++) {
      node.propose("x")
      assert.strictEqual(node.sent("App").length, 1)
    }
    assert.isTrue(node.progress("b").isPaused)
    for (let time = 0; time < 2; time++) node.propose("x")
    assert.deepEqual(node.sent("App"), [])
    return node
  }

  it("[RA15] holds so many messages, and then nothing is sent", () => {
    assert.strictEqual(full().progress("b").inflights.count, inflightMax)
  })

  it("[RA15] moves on with each answer, and old answers free nothing", () => {
    const node = full()
    for (let index = 2; index < 2 + inflightMax; index++) {
      node.receive(accepted("b", "a", 1, index))
      assert.strictEqual(node.sent("App").filter(({ entries }) => entries.length > 0).length, 1)
      assert.isTrue(node.progress("b").inflights.isFull)
      for (let old = 0; old <= index; old++) node.receive(accepted("b", "a", 1, old))
      assert.isTrue(node.progress("b").inflights.isFull)
      node.propose("x")
      assert.deepEqual(
        node.sent("App").filter(({ entries }) => entries.length > 0),
        []
      )
    }
  })

  it("[RA15] lets an empty message through when a heartbeat is answered, to find out what got lost", () => {
    const node = full()
    for (let round = 0; round < 3; round++) {
      node.receive(heartbeatResp("b", "a", 1))
      const [message, ...others] = node.sent("App")
      assert.deepEqual(message!.entries, [])
      assert.strictEqual(message!.prevIndex, 5)
      assert.deepEqual(others, [])
      assert.isTrue(node.progress("b").isPaused)
      node.propose("x")
      assert.deepEqual(node.sent("App"), [])
    }
  })

  it("[RA15] is a window of messages and of bytes", () => {
    const node = leading("a", disk(pair), {
      inflightMax: 3,
      messageMaxBytes: 2048,
      inflightMaxBytes: 9000
    })
    for (let at = 0; at < 22; at++) node.propose("x".repeat(at >= 10 && at < 16 ? 5000 : 1000))
    node.receive(heartbeatResp("b", "a", 1))
    let messages = node.sent("App")
    const sizes = [messages.map(({ entries }) => entries.length)]
    while (messages.length > 0) {
      node.receive(accepted("b", "a", 1, lastIndexOf(messages.at(-1)!)))
      messages = node.sent("App").filter(({ entries }) => entries.length > 0)
      sizes.push(messages.map(({ entries }) => entries.length))
    }
    assert.deepEqual(sizes, [[2], [2, 2, 2], [2, 1, 1], [1, 1], [1, 1], [1, 2, 2], [2], []])
  })
})

describe("the limit of what is not committed", () => {
  const limited = { uncommittedMaxBytes: 10 * 32, inflightMax: 1000 }
  const eight = "12345678"

  it("[RA15] refuses above it, and forgets what is applied", () => {
    const node = established("a", disk(members), limited)
    assert.strictEqual(node.view.uncommittedBytes, 0)
    for (let time = 0; time < 10; time++) node.propose(eight)
    node.propose(eight)
    assert.strictEqual(node.refused.length, 1)
    assert.strictEqual(node.view.log.lastIndex, 11)
    node.receive(accepted("b", "a", 1, 6))
    assert.strictEqual(node.view.uncommittedBytes, 5 * 32)
    node.propose(eight, eight, eight, eight, eight, eight)
    assert.strictEqual(node.refused.length, 2)
    node.propose(eight, eight, eight, eight, eight)
    assert.strictEqual(node.refused.length, 2)
    node.receive(accepted("b", "a", 1, 16))
    assert.strictEqual(node.view.uncommittedBytes, 0)
  })

  it("[RA15] bounds the log of a leader without a quorum", () => {
    const cluster = new Cluster(members, { ...plain, ...limited })
    cluster.campaign("a")
    cluster.isolate("a")
    for (let time = 0; time < 100; time++) cluster.propose("a", eight)
    assert.strictEqual(cluster.node("a").view.log.lastIndex, 11)
    cluster.heal()
    cluster.tick(2, ["a"])
    assert.strictEqual(cluster.node("a").view.log.commit, 11)
    assert.strictEqual(cluster.node("a").view.uncommittedBytes, 0)
  })

  it("[RA15] counts only what this leader proposed in its term", () => {
    const node = established("a", disk(members), { ...plain, ...limited })
    for (let time = 0; time < 10; time++) node.propose(eight)
    node.receive(heartbeat("b", "a", 2))
    assert.strictEqual(node.view.uncommittedBytes, 0)
    const other = leading("a", disk(members, { terms: [1, 1, 1] }), limited)
    const ownNoop = other.view.uncommittedBytes
    assert.isAbove(ownNoop, 0)
    other.appliesAtOnce = false
    other.receive(accepted("b", "a", 2, 4))
    other.apply(3)
    assert.strictEqual(other.view.uncommittedBytes, ownNoop)
    other.apply()
    assert.strictEqual(other.view.uncommittedBytes, 0)
  })
})
