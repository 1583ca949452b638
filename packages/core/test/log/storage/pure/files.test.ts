import { assert, it } from "@effect/vitest"
import { encodeChange } from "@distri/raft/membership/ConfChangeCodec"
import { withVoters } from "@distri/raft/membership/Configuration"
import { founding } from "@distri/raft/Restored"
import { KnownVoters } from "../../../../src/log/storage/pure/KnownVoters.ts"
import { decodeIdentity, encodeIdentity } from "../../../../src/log/storage/pure/Identity.ts"
import { completed, dropped, renamed } from "../../../../src/log/storage/pure/NamedSnapshots.ts"
import { magics, readPreamble, writePreamble } from "../../../../src/log/storage/pure/Preamble.ts"
import { headerBytes, seal } from "../../../../src/log/storage/pure/Record.ts"
import { encodeHead } from "../../../../src/log/storage/pure/RecordBody.ts"
import { decodePage, encodePage, pageBytes } from "../../../../src/log/storage/pure/SegmentPage.ts"
import * as Layout from "../../../../src/log/storage/pure/SnapshotLayout.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const identity = { cluster: "cloud", node: "n1", incarnation: "00ff", settingAside: 0 }

it("[WA10] format 1 of the files stays what it is", () => {
  assert.strictEqual(
    hex(encodeIdentity(identity)),
    "6469737401000000b0d76c3a337c612e05636c6f7564026e31043030666600"
  )
  assert.strictEqual(
    hex(encodePage({ salt: 7, bytes: 65536 }).subarray(0, 24)),
    "77616c7301000000f67e46a507000000000001002e289bc2"
  )
  const record = new Uint8Array(pageBytes)
  record.set([1, 2, 3], headerBytes)
  seal(record, 7, { kind: "batches", number: 5, length: 3, previous: 9 })
  assert.strictEqual(
    hex(record.subarray(0, 35)),
    "64726563010001000500000000000000030000000900000068ec69a6093b6a2a010203"
  )
  assert.strictEqual(
    hex(Layout.encodeFooter({ bytes: 5, digest: "ab".repeat(32) })),
    "736e617001000000c44563a20500000000000000abababababababababababababababababababababababababababababababab03c3bb63"
  )
})

it("[WA10] files say what they are, in every form, and a flipped bit makes nothing of them", () => {
  const files = [
    [encodeIdentity(identity), decodeIdentity, identity],
    [encodePage({ salt: 7, bytes: 65536 }), decodePage, { salt: 7, bytes: 65536 }]
  ] as const
  for (const [bytes, decode, value] of files) {
    assert.deepStrictEqual<unknown>(decode(bytes), value)
    for (let bit = 0; bit < 8 * Math.min(24, bytes.length); bit++) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7)
      assert.isUndefined(decode(bytes), `bit ${bit}`)
      bytes[bit >>> 3]! ^= 1 << (bit & 7)
    }
    assert.isUndefined(decode(bytes.subarray(0, 11)))
  }
  const newer = new Uint8Array(pageBytes)
  writePreamble(newer, magics.segment, 3)
  assert.deepStrictEqual<unknown>(decodePage(newer), { newer: 3 })
  assert.isUndefined(readPreamble(newer, magics.identity))
})

it("[RL11] a piece of a snapshot is whole, in its own place only", () => {
  const piece = Uint8Array.of(0, 0, 0, 0, 1, 2, 3)
  Layout.sealPiece(piece, 4)
  assert.isTrue(Layout.isPieceWhole(piece, 4, 7))
  assert.isFalse(Layout.isPieceWhole(piece, 5, 7))
  assert.isFalse(Layout.isPieceWhole(piece.subarray(0, 6), 4, 7))
  for (let bit = 0; bit < 56; bit++) {
    piece[bit >>> 3]! ^= 1 << (bit & 7)
    assert.isFalse(Layout.isPieceWhole(piece, 4, 7))
    piece[bit >>> 3]! ^= 1 << (bit & 7)
  }
  const footer = { bytes: 2 ** 33 + 1, digest: "0123456789abcdef".repeat(4) }
  const encoded = Layout.encodeFooter(footer)
  assert.deepStrictEqual(Layout.decodeFooter(encoded, Layout.fileBytes(footer.bytes)), footer)
  assert.isUndefined(Layout.decodeFooter(encoded, Layout.fileBytes(footer.bytes) - 1))
})

it("[WA12] the last two named snapshots stay, and the last few that are not named yet", () => {
  let kept = renamed({ named: ["s1"], unnamed: [] }, ["s2", "s1"])
  for (const reference of ["a", "b", "c", "d", "s1"]) kept = completed(kept, reference)
  assert.deepStrictEqual(kept, { named: ["s2", "s1"], unnamed: ["a", "b", "c", "d"] })
  const after = renamed(completed(kept, "e"), ["c", "s2"])
  assert.deepStrictEqual(after, { named: ["c", "s2"], unnamed: ["b", "d", "e"] })
  assert.sameMembers([...dropped(kept, after)], ["s1", "a"])
})

it("[WA6] who voted is known from what can be read, and nobody is taken for alone by mistake", () => {
  assert.isTrue(voters().isAlone("n1"), "nothing is known")
  assert.isTrue(voters(["n1/x"]).isAlone("n1"))
  assert.isFalse(voters(["n1/x", "n2/y"]).isAlone("n1"))
  assert.isFalse(voters(["n2/y"]).isAlone("n1"))
  assert.isFalse(voters(["n10/x"]).isAlone("n1"))
  assert.isFalse(voters([]).isAlone("n1"), "it waits for a leader")
  assert.isFalse(voters(["n1/x"], { kind: "AddVoter", node: "n2/y" }).isAlone("n1"))
  assert.isTrue(voters(["n1/x", "n2/y"], { kind: "Remove", node: "n2/y" }).isAlone("n1"))
})

/** What a segment tells that begins with these, and in which membership changed once. */
const voters = (
  ids?: ReadonlyArray<string>,
  change?: { readonly kind: "AddVoter" | "Remove"; readonly node: string }
) => {
  const known = new KnownVoters()
  if (ids === undefined) return known
  const { hardState, snapshot } = founding(withVoters(ids))
  const data = change && encodeChange({ transition: "Auto", changes: [change] })
  const entries = data ? [{ term: 1, index: 2, kind: "confChange" as const, time: 1, data }] : []
  const body = encodeHead({ log: "log", hardState, snapshot, replaced: "", last: 1 }, entries)
  const segment = new Uint8Array(3 * pageBytes)
  segment.set(body, pageBytes + headerBytes)
  const { length } = body
  seal(segment.subarray(pageBytes), 7, { kind: "head", number: 1, length, previous: 0 })
  known.look(segment, 7)
  return known
}
