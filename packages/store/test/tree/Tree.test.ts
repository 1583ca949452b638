import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import SortedBTree from "sorted-btree"
import { comfortable } from "../../src/tree/Node.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { assertSound, leafWidths } from "./sound.ts"

/** `RUNS=2000` looks further, at other inputs each time. */
const runs =
  process.env["RUNS"] === undefined
    ? { numRuns: 200, seed: 1 }
    : { numRuns: Number(process.env["RUNS"]) }

describe("against sorted-btree", () => {
  it("[ST3] a tree holds what was put into it, and older roots stay as they were", () => {
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 60 }), (size, steps) => {
        let tree = filled(size)
        const oracle = new BTree(plain(tree), byNumber)
        let edit = Tree.makeEdit()
        const kept = [{ tree, holds: plain(tree) }]
        for (const [at, { from, keep, length, newEdit, stride }] of steps.entries()) {
          if (newEdit) edit = Tree.makeEdit()
          for (let count = 0; count < length; count += 1) {
            const key = from + count * stride
            tree = keep ? Tree.set(tree, key, at, edit) : Tree.remove(tree, key, edit)
            if (keep) oracle.set(key, at)
            else oracle.delete(key)
          }
          if (newEdit) assertSound(tree)
          if (steps[at + 1]?.newEdit === true) kept.push({ tree, holds: plain(tree) })
        }
        assertSound(tree)
        const expected = oracle.toArray()
        assert.deepStrictEqual(plain(tree), expected)
        assert.strictEqual(tree.size, expected.length)
        assert.deepStrictEqual(Tree.first(tree), expected[0])
        assert.deepStrictEqual(Tree.last(tree), expected.at(-1))
        for (let key = 0; key < 2 * span; key += 7)
          assert.strictEqual(Tree.get(tree, key), oracle.get(key))
        for (const { holds, tree } of kept) {
          assert.deepStrictEqual(plain(tree), holds)
          assertSound(tree)
        }
      }),
      runs
    )
  })

  it("[ST11] a scan gives what lies within its range, from either end", () => {
    fc.assert(
      fc.property(
        start,
        fc.array(step, { maxLength: 20 }),
        fc.array(range),
        (size, steps, ranges) => {
          let tree = filled(size)
          const edit = Tree.makeEdit()
          // Removing leaves keys between nodes that stand for no entry any more.
          for (const { from, length, stride } of steps)
            for (let count = 0; count < length; count += 1)
              tree = Tree.remove(tree, from + count * stride, edit)
          const all = plain(tree)
          const oracle = new BTree(all, byNumber)
          for (const { from, inclusive, length } of [
            ...ranges,
            { from: 0, length: 0, inclusive: true }
          ]) {
            const to = from + length
            const within = (key: number) =>
              key < from ? -0.5 : key > to || (key === to && !inclusive) ? 2 : 0
            const expected = oracle.getRange(from, to, inclusive)
            assert.deepStrictEqual([...Tree.entries(tree, { within })], expected)
            assert.deepStrictEqual(
              [...Tree.entries(tree, { within, reverse: true })],
              expected.toReversed()
            )
          }
          assert.deepStrictEqual([...Tree.entries(tree, { reverse: true })], all.toReversed())
        }
      ),
      runs
    )
  })
})

describe("filling and emptying", () => {
  it("[ST3] a tree that grows and shrinks in order, from either end, stays sound", () => {
    for (const up of [true, false]) {
      let tree = Tree.empty<number, number>(byNumber)
      const edit = Tree.makeEdit()
      for (let count = 0; count < 3000; count += 1) {
        tree = Tree.set(tree, up ? count : -count, count, edit)
        if (count % 41 === 0) assertSound(tree)
      }
      assert.strictEqual(tree.size, 3000)
      for (let count = 0; count < 3000; count += 1) {
        tree = Tree.remove(tree, up ? count : -count, edit)
        if (count % 41 === 0) assertSound(tree)
      }
      assert.deepStrictEqual(tree, Tree.empty<number, number>(byNumber))
    }
  })

  it("keys that come in order leave the leaves three quarters full", () => {
    let tree = Tree.empty<number, number>(byNumber)
    for (let key = 0; key < 3000; key += 1) tree = Tree.set(tree, key, key, Tree.makeEdit())
    for (const width of leafWidths(tree.root).slice(0, -1)) assert.strictEqual(width, comfortable)
  })

  it("a key that is set again replaces the key too, not only the value", () => {
    const keys = [{ of: 1 }, { of: 1 }]
    let tree = Tree.empty<{ of: number }, string>(byNumberOf)
    for (const [at, key] of keys.entries()) tree = Tree.set(tree, key, `${at}`, Tree.makeEdit())
    assert.strictEqual(tree.size, 1)
    assert.strictEqual(Tree.first(tree)![0], keys[1])
    assert.strictEqual(Tree.get(tree, { of: 1 }), "1")
  })

  it("[ST3] removing what is not there gives the same tree, and changes nothing", () => {
    const tree = filled(700)
    for (const key of [-1, 1, 701, 5000]) {
      assert.strictEqual(Tree.remove(tree, key, Tree.makeEdit()), tree)
      assert.strictEqual(Tree.get(tree, key), undefined)
    }
    const none = Tree.empty<number, number>(byNumber)
    assert.strictEqual(Tree.remove(none, 1, Tree.makeEdit()), none)
    assert.strictEqual(Tree.get(none, 1), undefined)
    assert.strictEqual(Tree.first(none), undefined)
    assert.strictEqual(Tree.last(none), undefined)
    assert.isFalse(Tree.scan(none).next())
  })
})

describe("building at once", () => {
  it("gives a sound tree of every size", () => {
    for (let size = 0; size < 1500; size += size < 700 ? 1 : 17) {
      const tree = filled(size)
      assertSound(tree)
      assert.strictEqual(tree.size, size)
      assert.strictEqual(plain(tree).length, size)
    }
  })

  it("keys that do not go up are a bug", () => {
    for (const keys of [
      [2, 1],
      [1, 1]
    ])
      assert.throws(
        () =>
          Tree.fromSorted(
            byNumber,
            keys.map((key) => [key, key] as const)
          ),
        "the keys go up"
      )
  })
})

describe("scanning", () => {
  it("[ST3] a scan goes on over its tree while newer ones are made of it", () => {
    const tree = filled(2000)
    const expected = plain(tree)
    const entry = Tree.scan(tree)
    const seen: Array<readonly [number, number]> = []
    let newer = tree
    while (entry.next()) {
      seen.push([entry.key, entry.value])
      const edit = Tree.makeEdit()
      newer = Tree.remove(newer, entry.key + 2, edit)
      newer = Tree.set(newer, entry.key + 5, -1, edit)
    }
    assert.deepStrictEqual(seen, expected)
    assert.isFalse(entry.next())
    assert.deepStrictEqual([entry.key, entry.value], expected.at(-1))
    assert.notDeepEqual(plain(newer), expected)
  })

  it("a part of a compound key is a range", () => {
    const byParts = ([a, b]: Pair, [c, d]: Pair) => a - c || b - d
    type Pair = readonly [number, number]
    const pairs = Array.from({ length: 1200 }, (_, at): Pair => [Math.floor(at / 40), at % 40])
    const tree = Tree.fromSorted(
      byParts,
      pairs.map((pair) => [pair, pair] as const)
    )
    for (let part = -1; part <= 30; part += 1) {
      const found = [...Tree.entries(tree, { within: ([a]) => a - part })]
      assert.deepStrictEqual(
        found.map(([pair]) => pair),
        pairs.filter(([a]) => a === part)
      )
    }
  })

  it("asks about the range a few times a leaf, not for each entry", () => {
    let asked = 0
    const within = (key: number) => {
      asked += 1
      return key < 100 ? -1 : 0
    }
    const entry = Tree.scan(filled(10_000), { within })
    let count = 0
    while (entry.next()) count += 1
    assert.strictEqual(count, 10_000 - 50)
    assert.isBelow(asked, 2 * Math.ceil(10_000 / comfortable))
  })

  it("asks nothing more when it has come to the end of its range", () => {
    for (const reverse of [false, true]) {
      let asked = 0
      const within = (key: number) => {
        asked += 1
        return key < 1002 ? -1 : key > 1010 ? 1 : 0
      }
      const entry = Tree.scan(filled(10_000), { within, reverse })
      for (let count = 0; count < 5; count += 1) assert.isTrue(entry.next())
      const before = asked
      assert.isFalse(entry.next())
      assert.isFalse(entry.next())
      assert.strictEqual(asked, before)
    }
  })
})

// Vitest takes the default export out of a CommonJS module; Node and TypeScript do not.
const BTree = (SortedBTree.default ?? SortedBTree) as typeof SortedBTree.default
const byNumberOf = (a: { of: number }, b: { of: number }) => a.of - b.of
const byNumber = (a: number, b: number) => a - b
const plain = (tree: Tree.Tree<number, number>) =>
  [...Tree.entries(tree)] as Array<[number, number]>

/** A tree of `size` even keys from 0. */
const filled = (size: number) =>
  Tree.fromSorted(
    byNumber,
    Array.from({ length: size }, (_, at) => [2 * at, at] as const)
  )

const span = 1500
const start = fc.oneof(fc.constant(0), fc.nat({ max: 30 }), fc.nat({ max: span }))

/** A run of keys that is set or removed, one after the other: nodes fill up, divide, empty, join. */
const step = fc.record({
  keep: fc.boolean(),
  newEdit: fc.boolean(),
  from: fc.nat({ max: 2 * span }),
  length: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 400 })),
  stride: fc.constantFrom(-2, -1, 1, 2, 37)
})

const range = fc.record({
  from: fc.integer({ min: -10, max: 2 * span + 10 }),
  length: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: span })),
  inclusive: fc.boolean()
})
