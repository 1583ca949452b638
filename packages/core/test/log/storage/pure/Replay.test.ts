import { assert, it } from "@effect/vitest"
import type { Batch } from "@distri/raft/Output"
import { founding } from "@distri/raft/Restored"
import { withVoters } from "@distri/raft/membership/Configuration"
import { encodeBatch } from "@distri/raft/wire/RecordCodec"
import { keptSnapshots } from "../../../../src/log/storage/pure/LogState.ts"
import type { Kind } from "../../../../src/log/storage/pure/Record.ts"
import {
  batchesBytes,
  encodeCompaction,
  encodeHead,
  writeBatches
} from "../../../../src/log/storage/pure/RecordBody.ts"
import { Replay } from "../../../../src/log/storage/pure/Replay.ts"
import type { Found } from "../../../../src/log/storage/pure/scanSegment.ts"
import { appending, batch, entry, hardState } from "../batches.ts"

const { hardState: first, snapshot } = founding(withVoters(["n1/x", "n2/y"]))
const head = { log: "the-log", hardState: first, snapshot, replaced: "", last: 1 }
const at = (index: number) => ({ ...snapshot, index, reference: `s${index}` })

/** Records with the numbers and checksums that they have in this order. */
const records = (...bodies: ReadonlyArray<readonly [Kind, Uint8Array]>): ReadonlyArray<Found> =>
  bodies.map(([kind, body], position) => ({
    at: 4096 * (1 + position),
    body,
    header: {
      format: 1,
      kind,
      number: position + 1,
      length: body.length,
      previous: 100 + position - 1,
      checksum: 100 + position
    }
  }))

const batches = (...all: ReadonlyArray<Batch>): readonly [Kind, Uint8Array] => {
  const encoded = all.map(encodeBatch)
  const body = new Uint8Array(batchesBytes(encoded))
  writeBatches(body, 0, encoded)
  return ["batches", body]
}

const headRecord = (parts: Partial<typeof head> = {}): readonly [Kind, Uint8Array] => [
  "head",
  encodeHead({ ...head, ...parts })
]

const compaction = (
  index: number,
  keepFrom: number,
  commit = index
): readonly [Kind, Uint8Array] => [
  "compact",
  encodeCompaction({ hardState: hardState(1, commit), snapshot: at(index), keepFrom })
]

/** What the records say, or what is wrong with the first that does not fit. */
const replayed = (found: ReadonlyArray<Found>) => {
  const replay = new Replay()
  for (const record of found) {
    const problem = replay.take(record)
    if (problem !== undefined) return `${record.header.number}: ${problem}`
  }
  return replay.restored()
}

it("[WA1] all that was written comes back, truncation and commit index with it", () => {
  const found = records(
    headRecord(),
    batches(appending(2, "a", "b"), appending(4, "c")),
    batches(
      batch({ hardState: hardState(2, 3, "n1/x"), truncateFrom: 4, entries: [entry(4, "d", 2)] })
    )
  )
  assert.deepStrictEqual(replayed(found), {
    hardState: hardState(2, 3, "n1/x"),
    snapshot,
    entries: [entry(2, "a"), entry(3, "b"), entry(4, "d", 2)]
  })
})

it("[WA12] an own snapshot lets go of entries before what is kept", () => {
  const found = records(headRecord(), batches(appending(2, "a", "b", "c")), compaction(4, 3))
  const restored = replayed(found)
  assert.deepNestedInclude(restored, { "snapshot.reference": "s4", "hardState.commit": 4 })
  assert.deepNestedInclude(restored, { entries: [entry(3, "b"), entry(4, "c")] })
})

it("[WA12] a log whose first segments are gone begins with a head", () => {
  const later = [
    headRecord({ last: 20, snapshot: at(10), hardState: hardState(1, 15) }),
    batches(appending(21, "x", "y"))
  ] as const
  assert.strictEqual(replayed(records(...later)), "the entries up to 20 are missing")
  const restored = replayed(records(...later, compaction(21, 21)))
  assert.deepNestedInclude(restored, { entries: [entry(21, "x"), entry(22, "y")] })
})

it("[WA12] a head knows both snapshots that are kept, and which log it is", () => {
  const replay = new Replay()
  const [found] = records(headRecord({ snapshot: at(7), last: 7, replaced: "s3" }))
  assert.isUndefined(replay.take(found!))
  assert.deepStrictEqual(keptSnapshots(replay.state!), ["s7", "s3"])
  assert.strictEqual(replay.state!.log, "the-log")
})

it("[WA11] a record that is out of order is none of this log", () => {
  const found = records(headRecord(), batches(appending(2, "a")), batches(appending(3, "b")))
  assert.strictEqual(replayed([found[0]!, found[2]!]), "3: record 3 is out of order")
  const other = { ...found[1]!, header: { ...found[1]!.header, previous: 7 } }
  assert.strictEqual(replayed([found[0]!, other]), "2: it belongs behind another record")
  assert.strictEqual(replayed(records(batches(appending(2, "a")))), "1: it has no head")
})

for (const [name, parts, problem] of [
  ["a gap between entries", { entries: [entry(4, "b")] }, "entry 4 stands behind 2"],
  ["an entry twice", { entries: [entry(2, "b")] }, "entry 2 stands behind 2"],
  ["a term that falls", { hardState: hardState(0, 1) }, "term 0 is an old one"],
  [
    "an entry of a later term",
    { entries: [entry(3, "b", 9)] },
    "entry 3 is of term 9, out of order"
  ],
  [
    "an entry of an old term",
    { entries: [entry(3, "b", 0)] },
    "entry 3 is of term 0, out of order"
  ],
  [
    "a commit index behind the end",
    { hardState: hardState(1, 3) },
    "3 is committed behind the end"
  ],
  ["a truncation behind the end", { truncateFrom: 9 }, "nothing to forget from 9 on"]
] satisfies ReadonlyArray<readonly [string, Partial<Batch>, string]>) {
  it(`[WA11] ${name} does not follow`, () => {
    const bad = batch({ hardState: hardState(1, 1), ...parts })
    const found = records(headRecord(), batches(appending(2, "a")), batches(bad))
    assert.strictEqual(replayed(found), `3: ${problem}`)
  })
}

it("[WA11] a snapshot that is old or behind the end does not follow, nor a loss behind it", () => {
  const begun = [headRecord(), batches(appending(2, "a", "b"))] as const
  assert.strictEqual(
    replayed(records(...begun, compaction(9, 1))),
    "3: snapshot 9 is behind the end"
  )
  assert.strictEqual(
    replayed(records(...begun, compaction(3, 1), compaction(2, 1))),
    "4: snapshot 2 is an old one"
  )
  assert.strictEqual(
    replayed(records(...begun, compaction(2, 4))),
    "3: entries behind the snapshot may not go"
  )
})

it("[WA11] bytes that no program of ours wrote are not read", () => {
  assert.strictEqual(replayed(records(["head", Uint8Array.of(1, 2, 3)])), "1: it cannot be read")
  for (const kind of ["batches", "compact"] as const) {
    const found = records(headRecord(), [kind, Uint8Array.of(1, 2, 3)])
    assert.strictEqual(replayed(found), "2: it cannot be read")
  }
  assert.strictEqual(
    replayed(records(headRecord(), headRecord({ last: 5 }))),
    "2: it contradicts the records before it"
  )
})
