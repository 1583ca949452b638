import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Stored } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import type { LogIndex } from "../../src/value/LogIndex.ts"
import { ChangeRing, type RingLimits } from "../../src/watch/ChangeRing.ts"
import * as Place from "../../src/watch/Place.ts"
import * as Watched from "../../src/watch/Watched.ts"
import { entries, number, play, type Moment, type Step } from "./history.ts"

const numRuns = Number(process.env["RUNS"] ?? 300)

/** Some of the nodes forget soon. Every document counts 10 bytes, before and after. */
const ringLimits: fc.Arbitrary<RingLimits> = fc.oneof(
  fc.constant({ changesMax: 100_000, bytesMax: 1_000_000 }),
  fc.record({
    changesMax: fc.integer({ min: 0, max: 20 }),
    bytesMax: fc.integer({ min: 0, max: 200 })
  })
)

const lookLimits: fc.Arbitrary<Watched.LookLimits> = fc.oneof(
  fc.constant(Watched.defaultLimits),
  fc.record({
    changesMax: fc.integer({ min: 1, max: 5 }),
    seenMax: fc.integer({ min: 1, max: 3 }),
    bytesMax: fc.integer({ min: 1, max: 40 })
  })
)

const range = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }))
  .map(([from, span]) => ({ from, to: from + span }))
type Range = typeof range extends fc.Arbitrary<infer A> ? A : never

const matching =
  ({ from, to }: Range): Watched.Watcher["matches"] =>
  ({ n }) =>
    (n as number) >= from && (n as number) <= to

/** A node: how far it is, and what it remembers. */
class Node {
  at = 0
  readonly ring: ChangeRing
  readonly moments: ReadonlyArray<Moment>

  constructor(moments: ReadonlyArray<Moment>, limits?: RingLimits) {
    this.moments = moments
    this.ring = new ChangeRing(limits)
  }

  get moment(): Moment {
    return this.moments[this.at]!
  }

  /** Applies up to `count` entries. */
  apply(count: number): this {
    const to = Math.min(this.at + count, this.moments.length - 1)
    for (const { changes, index } of this.moments.slice(this.at + 1, to + 1))
      if (changes.length > 0) this.ring.push(index, changes)
    this.at = to
    return this
  }

  /** Takes over a snapshot that is `count` entries ahead. */
  jump(count: number): void {
    this.at = Math.min(this.at + count, this.moments.length - 1)
    this.ring.reset(this.at as LogIndex)
  }
}

const all = (moments: ReadonlyArray<Moment>, limits?: RingLimits) =>
  new Node(moments, limits).apply(Infinity)

/** What is in the watched set after `moment`, by id. */
const setAt = ({ documents }: Moment, { collection, matches }: Watched.Watcher) =>
  new Map(
    Array.from(documents.get(collection) ?? []).filter(([, { document }]) => matches(document))
  )

/** Somebody who keeps the watched set by what is seen. */
class Rebuilt {
  readonly watcher: Watched.Watcher
  place: Place.Place
  readonly set: Map<string, Stored>

  constructor(watcher: Watched.Watcher, moment: Moment) {
    this.watcher = watcher
    this.place = Place.after(moment.index)
    this.set = setAt(moment, watcher)
  }

  /** Each kind must fit to what is known: an event too many or too few shows at once. */
  take({ change, kind, next }: Watched.Seen): void {
    assert.isFalse(Place.isBefore(change, this.place), "it was seen before")
    assert.isTrue(Place.isBefore(change, next), "tokens grow")
    assert.strictEqual(kind === "entered", !this.set.has(change.id))
    if (kind === "entered") assert.notStrictEqual(change.kind, "deleted")
    else assert.strictEqual(this.set.get(change.id), change.before)
    if (kind === "left") this.set.delete(change.id)
    else this.set.set(change.id, change.after!)
    this.place = next
  }
}

const collectionOf = ({ state }: Moment, name: string) => Tree.get(state.collections, name)

/** Everything that `watcher` sees from `place` on at a node, up to a look that ends it. */
const seenFrom = (
  node: Node,
  watcher: Watched.Watcher,
  place: Place.Place,
  limits?: Watched.LookLimits
) => {
  const seen: Array<Watched.Seen> = []
  for (;;) {
    const looked = Watched.look(node.ring, node.moment.state, watcher, place, limits)
    if (looked._tag !== "Forgotten") seen.push(...looked.seen)
    if (looked._tag !== "Seen") return { end: looked._tag as "Dropped" | "Forgotten" | "Now", seen }
    if (looked.done) return { end: "Now" as const, seen }
    assert.isTrue(Place.isBefore(place, looked.next), "a look goes on")
    place = looked.next
  }
}

/** Each collection of each moment of the history: where a watch may begin. */
const beginnings = (moments: ReadonlyArray<Moment>, matches: Watched.Watcher["matches"]) =>
  moments.flatMap((moment) =>
    ["a", "b"].flatMap((collection) => {
      const found = collectionOf(moment, collection)
      return found === undefined
        ? []
        : [{ moment, watcher: { collection, uid: found.uid, matches } }]
    })
  )

const put = (collection: string, id: string, n = 1): Step => ({ _tag: "Put", collection, id, n })

describe("Watched", () => {
  it("[ST16] the set at a place and what is seen after it give the set as it is, on nodes that forget, restart and lag", () => {
    const act = fc.record({
      node: fc.nat({ max: 2 }),
      what: fc.constantFrom("apply", "apply", "look", "look", "look", "jump"),
      count: fc.integer({ min: 1, max: 8 }),
      limits: lookLimits
    })
    const rings = fc.tuple(ringLimits, ringLimits, ringLimits)
    const acts = fc.array(act, { minLength: 20, maxLength: 120 })
    fc.assert(
      fc.property(entries, rings, range, acts, (log, limits, range, acts) => {
        const moments = play(log)
        const nodes = limits.map((limit) => new Node(moments, limit))
        const matches = matching(range)
        let rebuilt: Rebuilt | undefined
        for (const { count, limits, node: at, what } of acts) {
          const node = nodes[at]!
          if (what === "apply") node.apply(count)
          if (what === "jump") node.jump(count)
          if (what !== "look") continue
          const { moment } = node
          if (rebuilt === undefined) {
            const [name] = ["a", "b"].filter((name) => collectionOf(moment, name) !== undefined)
            if (name === undefined) continue
            const { uid } = collectionOf(moment, name)!
            rebuilt = new Rebuilt({ collection: name, uid, matches }, moment)
          }
          const { place, watcher } = rebuilt
          // A node that is behind is waited for before it is asked.
          if (moment.index < place.index - 1) continue
          const looked = Watched.look(node.ring, moment.state, watcher, place, limits)
          const current = collectionOf(moment, watcher.collection)
          const alive = current?.uid === watcher.uid
          if (looked._tag === "Forgotten") {
            assert.isTrue(alive && current.version >= place.index, "something was forgotten")
            assert.isTrue(Place.isBefore(place, node.ring.oldest))
            rebuilt = undefined
            continue
          }
          for (const seen of looked.seen) rebuilt.take(seen)
          if (looked._tag === "Dropped") {
            assert.isFalse(alive)
            rebuilt = undefined
            continue
          }
          assert.isFalse(Place.isBefore(looked.next, rebuilt.place))
          rebuilt.place = looked.next
          // A node that has not applied the entry in which the watch stands shows an older set.
          if (!looked.done || Place.isBefore(Place.after(moment.index), place)) continue
          assert.isTrue(alive)
          assert.deepStrictEqual(rebuilt.set, setAt(moment, watcher))
        }
      }),
      { numRuns }
    )
  }, 120_000)

  it("[ST16] every node shows the same events with the same tokens, and a resume at any of them shows the rest", () => {
    fc.assert(
      fc.property(entries, ringLimits, lookLimits, range, (log, ring, limits, range) => {
        const moments = play(log)
        const remembers = all(moments)
        const forgets = all(moments, ring)
        for (const { moment, watcher } of beginnings(moments, matching(range))) {
          const start = Place.after(moment.index)
          const { end, seen } = seenFrom(remembers, watcher, start)
          const places = [start, ...seen.map(({ next }) => next)]
          for (const [nth, place] of places.entries()) {
            const expected = { end, seen: seen.slice(nth) }
            assert.deepStrictEqual(seenFrom(remembers, watcher, place, limits), expected)
            const other = seenFrom(forgets, watcher, place, limits)
            // Of a collection that is gone the rest may be forgotten; the watch ends all the same.
            if (other.end === "Dropped" && Place.isBefore(place, forgets.ring.oldest))
              assert.deepStrictEqual(other, { end, seen: [] })
            else if (other.end !== "Forgotten") assert.deepStrictEqual(other, expected)
            else assert.isTrue(Place.isBefore(place, forgets.ring.oldest))
          }
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) }
    )
  }, 120_000)

  it("[ST16] each change is seen once, with the kind that the documents before and after say", () => {
    fc.assert(
      fc.property(entries, range, (log, range) => {
        const moments = play(log)
        const matches = matching(range)
        const inRange = (stored: Stored | undefined) =>
          stored !== undefined && number(stored) >= range.from && number(stored) <= range.to
        for (const { moment, watcher } of beginnings(moments, matches)) {
          const expected = moments
            .slice(moment.index + 1)
            .flatMap(({ changes }) => changes)
            .filter((change) => change.uid === watcher.uid)
            .filter((change) => change.collection === watcher.collection)
          const drop = expected.findIndex(({ kind }) => kind === "dropped")
          const seen = (drop < 0 ? expected : expected.slice(0, drop)).flatMap((change) => {
            if (change.kind === "dropped") return []
            const [did, does] = [inRange(change.before), inRange(change.after)]
            const kind = did && does ? "changed" : does ? "entered" : "left"
            return did || does ? [{ kind, change }] : []
          })
          const found = seenFrom(all(moments), watcher, Place.after(moment.index))
          assert.strictEqual(found.end, drop < 0 ? "Now" : "Dropped")
          assert.deepStrictEqual(
            found.seen.map(({ change, kind }) => ({ kind, change })),
            seen
          )
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) }
    )
  }, 120_000)

  it("[ST16] a token in the middle of an entry goes on in the middle, and after its last change with the next entry", () => {
    const two = [put("a", "2"), put("b", "1"), put("a", "3"), put("b", "1")]
    const node = all(play([[put("a", "1")], two, [put("a", "4")]]))
    const watcher = { collection: "a", uid: 1 as LogIndex, matches: () => true }
    const { seen } = seenFrom(node, watcher, Place.after(1 as LogIndex))
    assert.deepStrictEqual(
      seen.map(({ change, next }) => [change.id, next]),
      [
        ["2", { index: 2, op: 2 }],
        ["3", { index: 3, op: 0 }],
        ["4", { index: 4, op: 0 }]
      ]
    )
  })

  it("[ST16] changes that are pushed but not in the state yet are not seen", () => {
    const moments = play([[put("a", "1")], [put("a", "2")]])
    const { ring } = all(moments)
    const watcher = { collection: "a", uid: 1 as LogIndex, matches: () => true }
    const place = Place.after(1 as LogIndex)
    const looked = Watched.look(ring, moments[1]!.state, watcher, place)
    assert.deepStrictEqual(looked, { _tag: "Seen", seen: [], next: place, done: true })
  })

  it("[ST22] a watch of a collection that was dropped never sees the next one of that name, wherever it stands", () => {
    const drop: Step = { _tag: "Drop", collection: "a" }
    const moments = play([[put("a", "1")], [drop], [put("a", "2")], [put("a", "3")]])
    const watcher = { collection: "a", uid: 1 as LogIndex, matches: () => true }
    for (const index of [1, 2, 3, 4] as Array<LogIndex>) {
      const dropped = { end: "Dropped" as const, seen: [] }
      assert.deepStrictEqual(seenFrom(all(moments), watcher, Place.after(index)), dropped)
      const without = new Node(moments)
      without.jump(4)
      assert.deepStrictEqual(seenFrom(without, watcher, Place.after(index)), dropped)
    }
  })

  it("[ST16] a watcher of a quiet collection outlives everything that others make the ring forget", () => {
    const noise = Array.from({ length: 50 }, (_, n) => [put("b", "1", n)])
    const moments = play([[put("a", "1")], ...noise, [put("a", "2")]])
    const node = new Node(moments, { changesMax: 3, bytesMax: 1000 }).apply(51)
    const watcher = { collection: "a", uid: 1 as LogIndex, matches: () => true }
    const place = Place.after(1 as LogIndex)
    assert.deepStrictEqual(seenFrom(node, watcher, place), { end: "Now", seen: [] })
    const { seen } = seenFrom(node.apply(1), watcher, Place.after(node.moment.index))
    assert.strictEqual(seen.length, 0)
    assert.strictEqual(seenFrom(node, watcher, place).end, "Forgotten")
  })
})
