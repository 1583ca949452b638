/** §5.3 of the paper: log replication. */
import { assert, describe, it } from "@effect/vitest"
import { disk, plain, textOf } from "../Cluster.ts"
import { acceptance, accepted, app, established, following, leading } from "../messages.ts"

const members = ["a", "b", "c"]
const named = (count: number) => ["a", "b", "c", "d", "e"].slice(0, count)

describe("§5.3, the leader", () => {
  it("appends a command, writes it, and sends it with the place before it to all others", () => {
    const node = established("a", disk(members))
    node.persistsAtOnce = false
    node.propose("x")
    assert.strictEqual(node.view.log.lastIndex, 2)
    assert.strictEqual(node.view.log.commit, 1)
    const messages = node.sent("App")
    assert.deepEqual(
      messages.map(({ to }) => to),
      ["b", "c"]
    )
    for (const message of messages) {
      assert.deepInclude(message, { term: 1, prevIndex: 1, prevTerm: 1, commit: 1 })
      assert.deepEqual(message.entries.map(textOf), ["x"])
    }
    assert.deepEqual(node.writes[0]!.entries, messages[0]!.entries)
    assert.deepInclude(node.proposed[0], { first: 2, last: 2, term: 1 })
  })

  it("sends a batch of proposals in one message, and tells where they stand", () => {
    const node = established("a", disk(members))
    node.propose("x", "y", "z")
    const messages = node.sent("App")
    assert.strictEqual(messages.length, 2)
    assert.deepEqual(messages[0]!.entries.map(textOf), ["x", "y", "z"])
    assert.deepInclude(node.proposed[0], { token: 1, first: 2, last: 4, term: 1 })
  })

  it("hands out what is committed, and tells the others how far that is", () => {
    const node = established("a", disk(members))
    node.propose("x")
    for (const message of node.sent("App")) node.receive(acceptance(message))
    assert.strictEqual(node.view.log.commit, 2)
    assert.deepEqual(node.commands, ["x"])
    const messages = node.sent("App")
    assert.deepEqual(messages.map(({ to, commit }) => [to, commit]).toSorted(), [
      ["b", 2],
      ["c", 2]
    ])
  })

  it.each([
    [1, 0, true],
    [3, 0, false],
    [3, 1, true],
    [3, 2, true],
    [5, 0, false],
    [5, 1, false],
    [5, 2, true],
    [5, 3, true],
    [5, 4, true]
  ])("of %i voters %i others have an entry: committed is %s", (size, others, isCommitted) => {
    const node = established("a", disk(named(size)))
    node.propose("x")
    for (const id of named(size).slice(1, others + 1)) node.receive(accepted(id, "a", 1, 2))
    assert.strictEqual(node.view.log.commit === 2, isCommitted)
  })

  it.each([[[]], [[2]], [[1, 2]], [[1]]])(
    "commits entries of earlier terms, %j, with its own",
    (terms) => {
      const node = leading("a", disk(members, { terms, term: 2 }), plain)
      node.propose("x")
      const last = terms.length + 2
      assert.strictEqual(node.view.log.commit, 0)
      node.receive(accepted("b", "a", 3, last))
      assert.deepEqual(
        node.applied.map(({ term, index }) => [term, index]),
        [...terms, 3, 3].map((term, at) => [term, at + 1])
      )
      assert.strictEqual(node.commands.at(-1), "x")
    }
  )

  it("[RA2] keeps its own entries when it is elected again", () => {
    const node = leading("a", disk(members, { terms: [1, 1, 2] }), plain)
    assert.deepEqual(node.terms, [1, 1, 2, 3])
    node.receive(app("b", "a", 4, [0, 0]))
    assert.deepEqual(node.terms, [1, 1, 2, 3])
  })
})

describe("§5.3, the follower", () => {
  it.each([
    [[1], 1],
    [[1, 1], 2],
    [[1, 1], 1]
  ])(
    "that gets entries %j with the commit index %i applies up to it, in order",
    (terms, commit) => {
      const node = following("a", "b", 1, disk(members))
      node.receive(app("b", "a", 1, [0, 0], terms, commit))
      assert.strictEqual(node.view.log.commit, commit)
      assert.deepEqual(
        node.applied.map(({ index }) => index),
        Array.from({ length: commit }, (_, at) => at + 1)
      )
    }
  )

  it.each([
    { prev: [0, 0], index: 1, hint: undefined, why: "a place before the committed ones" },
    { prev: [1, 1], index: 1, hint: undefined, why: "the committed place" },
    { prev: [2, 2], index: 2, hint: undefined, why: "a place that is not committed" },
    { prev: [2, 1], index: 2, hint: { index: 1, term: 1 }, why: "a place with another term" },
    { prev: [3, 3], index: 3, hint: { index: 2, term: 2 }, why: "a place that is not there" }
  ] as const)("[RA3] answers entries behind $why", ({ prev, index, hint }) => {
    const node = following("a", "b", 2, disk(members, { terms: [1, 2], commit: 1 }))
    node.receive(app("b", "a", 2, prev))
    const answer = node.answer()
    assert.deepEqual(answer, { ...accepted("a", "b", 2, index), hint })
  })

  it.each([
    { prev: [2, 2], terms: [3], log: [1, 2, 3], written: [3], cut: undefined },
    { prev: [1, 1], terms: [3, 4], log: [1, 3, 4], written: [3, 4], cut: 2 },
    { prev: [0, 0], terms: [1], log: [1, 2], written: [], cut: undefined },
    { prev: [0, 0], terms: [3], log: [3], written: [3], cut: 1 }
  ] as const)("[RA3] with log 1 2 takes entries $terms behind $prev: $log", (row) => {
    const node = following("a", "b", 4, disk(members, { terms: [1, 2] }))
    node.persistsAtOnce = false
    node.receive(app("b", "a", 4, row.prev, row.terms))
    assert.deepEqual(node.terms, row.log)
    const [batch] = node.writes
    const written = batch!.entries.map(({ term }) => term)
    assert.deepEqual(written, [...row.written])
    assert.strictEqual(batch!.truncateFrom, row.cut)
    node.persist()
    node.restart()
    assert.deepEqual(node.terms, row.log)
  })

  it.each([
    { why: "another term at the place", prev: [2, 3], terms: [], commit: 3, log: [1, 2], to: 0 },
    { why: "nothing at the place", prev: [3, 3], terms: [], commit: 3, log: [1, 2], to: 0 },
    { why: "a match", prev: [1, 1], terms: [], commit: 1, log: [1, 2], to: 1 },
    { why: "a conflict", prev: [0, 0], terms: [2], commit: 1, log: [2], to: 1 },
    { why: "two new entries", prev: [2, 2], terms: [2, 2], commit: 3, log: [1, 2, 2, 2], to: 3 },
    { why: "one of two", prev: [2, 2], terms: [2], commit: 4, log: [1, 2, 2], to: 3 },
    { why: "an entry that is there", prev: [1, 1], terms: [2], commit: 4, log: [1, 2], to: 2 },
    { why: "only the place", prev: [1, 1], terms: [], commit: 3, log: [1, 2], to: 1 }
  ] as const)("[RA7] commits no more than was compared: $why", (row) => {
    const node = following("a", "b", 4, disk(members, { terms: [1, 2] }))
    node.receive(app("b", "a", 4, row.prev, row.terms, row.commit))
    assert.deepEqual(node.terms, row.log)
    assert.strictEqual(node.view.log.commit, row.to)
  })
})
