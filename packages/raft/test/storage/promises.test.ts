/** What waits for the own disk: answers that promise something, and the own part in a quorum. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "../../src/Message.ts"
import { disk, Node, type Options, plain } from "../Cluster.ts"
import {
  accepted,
  app,
  established,
  following,
  heartbeat,
  heartbeatResp,
  leading,
  snap,
  vote,
  voteResp
} from "../messages.ts"

const members = ["a", "b", "c"]
const log = disk(members, { terms: [1, 1], term: 2 })

/** A node whose disk writes when it is told to. */
const slowly = (node: Node): Node => {
  node.persistsAtOnce = false
  return node
}

const follower = (options: Options = {}) => slowly(following("a", "b", 2, log, options))

describe("answers", () => {
  const promised: ReadonlyArray<readonly [string, Message]> = [
    ["accepted entries", app("b", "a", 2, [2, 1], [2])],
    ["entries that it has", app("b", "a", 2, [1, 1], [1])],
    ["refused entries", app("b", "a", 2, [9, 2], [2])],
    ["a snapshot", snap("b", "a", 2, [9, 2], log)],
    ["a granted pre-vote", vote("c", "a", 9, [9, 2], "PreVote", true)],
    ["a refused pre-vote", vote("c", "a", 3, [0, 0], "PreVote", true)],
    ["a granted vote", vote("c", "a", 9, [9, 2], "Vote", true)],
    ["a refused vote", vote("c", "a", 3, [0, 0], "Vote", true)],
    ["entries of an earlier term", app("c", "a", 1, [2, 1], [1])],
    ["a pre-vote of an earlier term", vote("c", "a", 1, [9, 1], "PreVote")]
  ]
  it.each(promised)("[RA11] to %s wait for the disk", (_, message) => {
    const node = follower()
    node.receive(message)
    assert.deepEqual(node.sent(), [])
    assert.strictEqual(node.writes.length, 1)
    assert.strictEqual(node.writes[0]!.afterPersist.length, 1)
    node.persist()
    assert.strictEqual(node.answer().to, message.from)
  })

  it("to heartbeats do not: a slow disk deposes no leader", () => {
    const node = follower()
    node.receive(app("b", "a", 2, [2, 1], [2]))
    node.receive(heartbeat("b", "a", 2, 0, 7))
    assert.deepEqual(node.answer(), heartbeatResp("a", "b", 2, 7))
  })

  it("[RA11] a request for a vote claims a term and a log, and waits; one for a pre-vote does not", () => {
    const node = slowly(new Node("a", disk(members)))
    node.campaign()
    assert.strictEqual(node.sent("PreVote").length, 2)
    node.persist()
    node.receive(voteResp("b", "a", 1, true, "PreVoteResp"))
    assert.strictEqual(node.role, "candidate")
    assert.deepEqual(node.sent(), [])
    node.persist()
    assert.strictEqual(node.sent("Vote").length, 2)
  })

  it("[RA8] a vote that was not durable was never given", () => {
    const node = slowly(new Node("a", disk(members)))
    node.receive(vote("b", "a", 1, [0, 0]))
    node.restart()
    node.persistsAtOnce = true
    node.receive(vote("c", "a", 1, [0, 0]))
    assert.deepEqual(node.answer(), voteResp("a", "c", 1, true))
  })

  it.each([
    ["answerVoteEarly", vote("b", "a", 3, [9, 2], "Vote", true)],
    ["answerAppendEarly", app("b", "a", 2, [2, 1], [2])]
  ] as const)("[RA11] a build with %s does not wait", (name, message) => {
    const node = follower({ breaks: { [name]: true } })
    node.receive(message)
    assert.strictEqual(node.sent().length, 1)
    assert.strictEqual(node.writes.length, 1)
  })
})

describe("a leader's own disk", () => {
  it("entries are sent while they are written", () => {
    const node = slowly(established("a", disk(members)))
    node.propose("x")
    assert.strictEqual(node.sent("App").length, 2)
    assert.strictEqual(node.writes.length, 1)
  })

  it("[RA9] counts for an entry when it has it", () => {
    const node = slowly(established("a", disk(members)))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    assert.strictEqual(node.view.log.commit, 1)
    node.persist()
    assert.strictEqual(node.view.log.commit, 2)
  })

  it("[RA9] may be the slowest: others commit, and it applies when it has the entry", () => {
    const node = slowly(established("a", disk(members)))
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    node.receive(accepted("c", "a", 1, 2))
    assert.strictEqual(node.view.log.commit, 2)
    assert.deepEqual(node.commands, [])
    assert.strictEqual(node.sent("App").at(-1)?.commit, 2)
    node.persist()
    assert.deepEqual(node.commands, ["x"])
  })

  it("[RA9] does not count for it when it is no voter any more", () => {
    const node = established("a", disk(members), { stepDownOnRemoval: false })
    node.proposeChange({ transition: "Auto", changes: [{ kind: "Remove", node: "a" }] })
    node.propose("x")
    node.receive(accepted("b", "a", 1, 2))
    assert.deepEqual(node.view.configuration.voters, ["b", "c"])
    node.receive(accepted("c", "a", 1, 3))
    assert.strictEqual(node.view.log.commit, 2)
    node.receive(accepted("b", "a", 1, 3))
    assert.strictEqual(node.view.log.commit, 3)
  })

  it("its answer to itself counts no more in a later term", () => {
    const node = slowly(established("a", disk(members)))
    node.propose("x")
    node.receive(heartbeat("b", "a", 2))
    node.persist()
    assert.deepInclude(node.view, { role: "follower", term: 2, leader: "b" })
    assert.strictEqual(node.view.log.commit, 1)
  })

  it("[RA9] a single voter commits nothing that its disk does not have", () => {
    const node = slowly(leading("a", disk(["a"]), plain))
    node.propose("x", "y")
    assert.strictEqual(node.view.log.commit, 1)
    node.persist()
    assert.deepEqual(node.commands, ["x", "y"])
  })
})

/** b writes an entry at 2 (batch 1), c replaces it (2), and b puts the same entry there again (3). */
const returning = (options: Options = {}) => {
  const node = slowly(
    following("a", "b", 2, disk(members, { terms: [1] }), { ...plain, ...options })
  )
  node.writes = []
  node.receive(app("b", "a", 2, [1, 1], [2]))
  node.receive(app("c", "a", 3, [1, 1], [3]))
  node.receive(app("b", "a", 4, [1, 1], [2, 4], 2))
  assert.deepEqual(node.terms, [1, 2, 4])
  assert.deepEqual(
    node.writes.map(({ truncateFrom, entries }) => [truncateFrom, entries.map(({ term }) => term)]),
    [
      [undefined, [2]],
      [2, [3]],
      [2, [2, 4]]
    ]
  )
  return node
}

describe("terms that return", () => {
  it("[RA9] an entry is not durable because an equal one was", () => {
    const node = returning()
    node.persist(1)
    assert.strictEqual(node.view.log.commit, 2)
    assert.strictEqual(node.view.log.durable, 1)
    assert.strictEqual(node.applied.length, 1)
    node.persist(1)
    assert.strictEqual(node.view.log.durable, 1)
    node.persist(1)
    assert.strictEqual(node.view.log.durable, 3)
    assert.strictEqual(node.applied.length, 2)
  })

  it("[RA9] a build that takes it for durable applies what a crash then takes away", () => {
    const node = returning({ breaks: { staleStorageAnswer: true } })
    node.persist(2)
    assert.strictEqual(node.applied.length, 2)
    assert.deepEqual(
      node.disk.entries.map(({ term }) => term),
      [1, 3]
    )
  })

  it("[RA9] what is cut off and was not handed out yet counts too", () => {
    const node = slowly(following("a", "b", 2, disk(members, { terms: [1] }), plain))
    node.receive(app("b", "a", 2, [1, 1], [2, 2]))
    assert.strictEqual(node.view.log.durable, 1)
    node.receive(app("c", "a", 3, [2, 2], [3]))
    node.receive(app("c", "a", 3, [1, 1], [3]))
    node.persist(1)
    assert.strictEqual(node.view.log.durable, 1)
    node.persist()
    assert.strictEqual(node.view.log.durable, 2)
    assert.deepEqual(
      node.disk.entries.map(({ term }) => term),
      [1, 3]
    )
  })
})
