import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "@distri/raft/Entry"
import type { Batch } from "@distri/raft/Output"
import { joining } from "@distri/raft/Restored"
import * as fc from "fast-check"
import { Disk } from "../../src/raft/Disk.ts"
import { emptyImage } from "../../src/raft/Machine.ts"

const empty = joining
const disk = () => new Disk(empty, emptyImage(0), {})

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: "noop",
  time: 0,
  data: new Uint8Array(0)
})

const batch = (fields: Partial<Batch>): Batch => ({
  batch: 1,
  hardState: { term: 1, vote: undefined, commit: 0 },
  truncateFrom: undefined,
  entries: [],
  snapshot: undefined,
  mustSync: true,
  afterPersist: [],
  ...fields
})

const imageOf = (on: Disk) => ({ hardState: on.hardState, entries: on.restored().entries })

describe("Disk", () => {
  it("[SIM4] keeps what was synced over any crash, and of the rest the first batches, whole", () => {
    const writes = fc.array(
      fc.record({
        count: fc.nat(3),
        truncate: fc.nat(2),
        syncs: fc.boolean(),
        isTorn: fc.boolean(),
        keepRatio: fc.constantFrom(0, 0.3, 0.6, 1),
        crashes: fc.boolean()
      }),
      { maxLength: 30 }
    )
    fc.assert(
      fc.property(writes, (steps) => {
        const on = disk()
        // The log after each batch that is not synced yet; the first is what is synced.
        let images: Array<{ term: number; entries: ReadonlyArray<Entry> }> = [
          { term: 0, entries: [] }
        ]
        steps.forEach(({ count, truncate, syncs, isTorn, keepRatio, crashes }, at) => {
          const term = at + 1
          const before = images.at(-1)!.entries
          const from = Math.max(1, before.length + 1 - truncate)
          const entries = Array.from({ length: count }, (_, more) => entry(from + more, term))
          const hardState = { term, vote: undefined, commit: 0 }
          const truncateFrom = from <= before.length ? from : undefined
          on.write(batch({ batch: term, hardState, truncateFrom, entries }))
          images.push({ term, entries: [...before.slice(0, from - 1), ...entries] })
          if (syncs) {
            on.syncOne()
            images = images.slice(1)
          }
          if (crashes) {
            on.crash({ keepRatio, isTorn })
            const left = images.find(({ term: survived }) => survived === on.hardState.term)
            assert.isDefined(left, "a state that no batch left behind")
            images = [left!]
          }
          const [synced] = images
          assert.deepStrictEqual(imageOf(on), {
            hardState: { term: synced!.term, vote: undefined, commit: 0 },
            entries: synced!.entries as Array<Entry>
          })
        })
      })
    )
  })

  it("shows nothing of a batch before it is synced", () => {
    const on = disk()
    on.write(batch({ entries: [entry(1, 1)] }))
    assert.strictEqual(on.lastIndex, 0)
    assert.strictEqual(on.waiting, 1)
    on.syncOne()
    assert.strictEqual(on.term(1), 1)
    assert.strictEqual(on.waiting, 0)
  })

  it("drops a torn batch whole, and reads it in part only where that rule is broken", () => {
    const torn = batch({ entries: [entry(1, 1), entry(2, 1)] })
    const [sound, broken] = [disk(), new Disk(empty, emptyImage(0), { acceptTornBatch: true })]
    for (const on of [sound, broken]) {
      on.write(torn)
      on.crash({ keepRatio: 0, isTorn: true })
    }
    assert.strictEqual(sound.lastIndex, 0)
    assert.strictEqual(broken.lastIndex, 1)
  })

  it("forgets the log when a received snapshot is synced, and a prefix when an own one is", () => {
    const on = disk()
    const snapshot = { ...empty.snapshot, index: 2, term: 1, reference: "own" }
    on.write(batch({ entries: [entry(1, 1), entry(2, 1), entry(3, 1)] }))
    on.syncOne()
    on.store(snapshot, emptyImage(2))
    on.compact(snapshot, 2)
    assert.strictEqual(on.firstIndex, 2)
    assert.strictEqual(on.lastIndex, 3)
    const received = { ...snapshot, index: 9, term: 4, reference: "received" }
    on.store(received, emptyImage(9))
    on.write(batch({ snapshot: received }))
    assert.strictEqual(on.lastIndex, 3)
    on.syncOne()
    assert.strictEqual(on.lastIndex, 9)
    assert.strictEqual(on.entry(3), undefined)
    assert.strictEqual(on.term(9), 4)
    assert.isDefined(on.image("received"))
  })
})
