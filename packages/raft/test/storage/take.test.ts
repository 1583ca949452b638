/** What `take` hands out: one write for many events, and each commit, answer and status once. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "../../src/Message.ts"
import { hasOutput, make, type Raft, step, take, view } from "../../src/Raft.ts"
import { defaults } from "../../src/RaftConfig.ts"
import { disk, Node, plain } from "../Cluster.ts"
import { accepted, app, established, following, heartbeat, snap, vote } from "../messages.ts"

const members = ["a", "b", "c"]

const receive = (raft: Raft, ...messages: ReadonlyArray<Message>): void => {
  for (const message of messages) {
    step(raft, { _tag: "Received", message }, { random: () => 0 })
  }
}

describe("one write for many events", () => {
  it("holds what is left of them: what a later one cut off is never written", () => {
    const raft = make({ ...defaults, id: "a", ...plain }, disk(members, { terms: [1] }))
    receive(
      raft,
      app("b", "a", 2, [1, 1], [2, 2, 2]),
      app("c", "a", 3, [2, 2], [3]),
      app("c", "a", 3, [3, 3], [3], 3)
    )
    const { persist, commits, messages } = take(raft)
    assert.deepEqual(
      persist!.entries.map(({ index, term }) => [index, term]),
      [
        [2, 2],
        [3, 3],
        [4, 3]
      ]
    )
    assert.isUndefined(persist!.truncateFrom)
    assert.deepEqual(persist!.hardState, { term: 3, vote: undefined, commit: 3 })
    assert.isTrue(persist!.mustSync)
    assert.strictEqual(persist!.afterPersist.length, 3)
    assert.deepEqual(messages, [])
    assert.deepEqual(
      commits.map(({ index }) => index),
      [1]
    )
    assert.isFalse(hasOutput(raft))
  })

  it("names the lowest place that the disk must forget", () => {
    const raft = make({ ...defaults, id: "a", ...plain }, disk(members, { terms: [1, 1, 1, 1] }))
    receive(raft, app("b", "a", 2, [3, 1], [2]), app("c", "a", 3, [1, 1], [3]))
    const { persist } = take(raft)
    assert.strictEqual(persist!.truncateFrom, 2)
    assert.deepEqual(
      persist!.entries.map(({ index, term }) => [index, term]),
      [[2, 3]]
    )
  })

  it("drops entries that a snapshot covers", () => {
    const raft = make({ ...defaults, id: "a", ...plain }, disk(members))
    const offer = snap("b", "a", 1, [9, 1], disk(members))
    receive(raft, app("b", "a", 1, [0, 0], [1, 1]), offer, app("b", "a", 1, [9, 1], [1]))
    const { persist, commits } = take(raft)
    assert.strictEqual(persist!.snapshot, offer.snapshot)
    assert.isUndefined(persist!.truncateFrom)
    assert.deepEqual(
      persist!.entries.map(({ index }) => index),
      [10]
    )
    assert.strictEqual(persist!.hardState.commit, 9)
    assert.deepEqual(commits, [])
  })
})

describe("a write must be synced", () => {
  const changes: ReadonlyArray<readonly [string, boolean, Message]> = [
    ["entries", true, app("b", "a", 2, [1, 1], [2])],
    ["a vote", true, vote("c", "a", 2, [9, 2])],
    ["a term", true, vote("c", "a", 3, [0, 0])],
    ["a snapshot", true, snap("b", "a", 2, [9, 2], disk(members))],
    ["only the commit index", false, heartbeat("b", "a", 2, 1)],
    ["only an answer", false, app("b", "a", 2, [7, 2])]
  ]
  it.each(changes)("%s: %j", (_, mustSync, message) => {
    const node = new Node("a", disk(members, { terms: [1], term: 2 }), plain)
    node.persistsAtOnce = false
    node.receive(message)
    assert.deepEqual(
      node.writes.map((batch) => batch.mustSync),
      [mustSync]
    )
  })
})

describe("commits", () => {
  it("[RA7] are handed out once, in order, and when the disk has them", () => {
    const node = following("a", "b", 1, disk(members))
    node.persistsAtOnce = false
    node.appliesAtOnce = false
    node.receive(app("b", "a", 1, [0, 0], [1, 1, 1], 2))
    assert.deepEqual(node.commits, [])
    node.persist()
    node.receive(heartbeat("b", "a", 1, 3))
    node.receive(heartbeat("b", "a", 1, 3))
    assert.deepEqual(
      node.commits.map(({ index }) => index),
      [1, 2, 3]
    )
    assert.strictEqual(node.view.log.applied, 0)
    node.apply(2)
    assert.strictEqual(node.view.log.applied, 2)
  })

  it("are none while a snapshot is on its way to the disk", () => {
    const node = following("a", "b", 1, disk(members))
    node.persistsAtOnce = false
    node.receive(snap("b", "a", 1, [9, 1], disk(members)))
    node.receive(app("b", "a", 1, [9, 1], [1], 10))
    assert.deepEqual(node.applied, [])
    assert.strictEqual(node.writes.length, 2)
    node.persist(1)
    assert.deepEqual(node.applied, [])
    assert.strictEqual(node.view.log.applied, 9)
    node.persist(1)
    assert.deepEqual(
      node.applied.map(({ index }) => index),
      [10]
    )
  })
})

describe("a restart", () => {
  it("hands out again what is committed behind the snapshot, and nothing else", () => {
    const raft = make(
      { ...defaults, id: "a" },
      disk(members, { snapshot: { index: 5, term: 1 }, terms: [1, 2, 2], vote: "b", commit: 7 })
    )
    assert.isTrue(hasOutput(raft))
    const { commits, ...others } = take(raft)
    assert.deepEqual(
      commits.map(({ index }) => index),
      [6, 7]
    )
    assert.deepEqual(others, {
      messages: [],
      persist: undefined,
      proposed: [],
      reads: [],
      refused: [],
      status: undefined
    })
    assert.deepInclude(view(raft), { role: "follower", term: 2, vote: "b", leader: undefined })
    assert.isFalse(hasOutput(raft))
  })

  it("from a snapshot alone has nothing to hand out", () => {
    const raft = make({ ...defaults, id: "a" }, disk(members, { snapshot: { index: 5, term: 3 } }))
    assert.isFalse(hasOutput(raft))
    assert.deepInclude(view(raft).log, { firstIndex: 6, lastIndex: 5, lastTerm: 3, commit: 5 })
  })

  it("[RA9] finds all that was committed, whatever was still being written", () => {
    const node = established("a", disk(["a", "b"]))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    node.persistsAtOnce = false
    node.propose("y")
    node.restart()
    assert.deepEqual(node.terms, [1, 1])
    assert.strictEqual(node.view.log.commit, 2)
  })
})

describe("a status", () => {
  it("comes when role, leader or term changed, and not else", () => {
    const node = new Node("a", disk(members), plain)
    node.tick(5)
    assert.deepEqual(node.statuses, [])
    node.receive(heartbeat("b", "a", 1))
    node.receive(heartbeat("b", "a", 1))
    node.receive(heartbeat("c", "a", 2))
    node.campaign()
    assert.deepEqual(node.statuses, [
      { role: "follower", leader: "b", term: 1 },
      { role: "follower", leader: "c", term: 2 },
      { role: "candidate", leader: undefined, term: 3 }
    ])
  })
})
