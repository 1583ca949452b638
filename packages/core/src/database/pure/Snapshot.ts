/**
 * Writes a whole state as bytes, and reads it back.
 *
 * A row of frames of about 256 KiB: length, CRC-32C, then a JSON list of records. The last record
 * is the digest of the state, so that a frame that is damaged, missing or too many is found, and
 * nothing of such a snapshot is loaded.
 */
import * as Schema from "effect/Schema"
import { LogIndex, LogTime } from "../../log/pure/LogIndex.ts"
import { prepare } from "./Checked.ts"
import { Document } from "./Command.ts"
import * as Crc32c from "./Crc32c.ts"
import * as OrderedMap from "./OrderedMap.ts"
import { Written, WriteRefusal } from "./Outcome.ts"
import * as State from "./State.ts"

const Start = Schema.Tuple([Schema.Literal("distri database 1"), LogIndex, LogTime])
const Collection = Schema.Tuple([Schema.Literal("c"), Schema.String, LogIndex, LogIndex])
const Member = Schema.Tuple([Schema.Literal("d"), Document])
const Remembered = Schema.Tuple([
  Schema.Literal("r"),
  Schema.String,
  LogIndex,
  Schema.Natural,
  Schema.Union([Written, Schema.toEncoded(WriteRefusal)])
])
const End = Schema.Tuple([Schema.Literal("end"), Schema.String])
type Record = typeof Record.Type
const Record = Schema.Union([Start, Collection, Member, Remembered, End])
const decodeRecords = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Array(Record)))

const frameBytes = 256 * 1024
const headerBytes = 8

/** @category models */
export type Decoded =
  | { readonly _tag: "State"; readonly state: State.State }
  | { readonly _tag: "Damaged"; readonly issue: string }

/** One frame at a time, so that the caller can let others run in between. @category encoding */
export function* encode(state: State.State): Generator<Uint8Array, void> {
  let texts: Array<string> = []
  let bytes = 0
  for (const record of records(state)) {
    const text = JSON.stringify(record)
    texts.push(text)
    bytes += text.length
    if (bytes < frameBytes) continue
    yield frame(texts)
    texts = []
    bytes = 0
  }
  if (texts.length > 0) yield frame(texts)
}

/** The state in `bytes`, the frames one after the other. @category decoding */
export const decode = (bytes: Uint8Array): Decoded => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const restored = makeRestored()
  let at = 0
  while (at < bytes.length) {
    const body = at + headerBytes
    const end = body <= bytes.length ? body + view.getUint32(at) : Infinity
    if (end > bytes.length) return damaged("a frame is cut off")
    const payload = bytes.subarray(body, end)
    if (Crc32c.of(payload) !== view.getUint32(at + 4)) return damaged("a checksum differs")
    const records = decodeRecords(new TextDecoder().decode(payload))
    if (records._tag === "Failure") return damaged(records.failure.message)
    for (const record of records.success) {
      const issue = restored.add(record)
      if (issue !== undefined) return damaged(issue)
    }
    at = end
  }
  return restored.state()
}

const damaged = (issue: string): Decoded => ({ _tag: "Damaged", issue })

function* records(state: State.State): Generator<Record, void> {
  yield ["distri database 1", state.index, state.time]
  for (const [name, { documents, uid, version }] of OrderedMap.entries(state.collections)) {
    yield ["c", name, uid, version]
    for (const [, { document }] of OrderedMap.entries(documents)) yield ["d", document]
  }
  // In the order of the log, which is the order in which they are forgotten.
  for (const [, id] of OrderedMap.entries(state.order)) {
    const { fingerprint, index, outcome } = OrderedMap.get(state.remembered, id)!
    yield ["r", id, index, fingerprint, outcome]
  }
  yield ["end", State.digest(state)]
}

const frame = (texts: ReadonlyArray<string>): Uint8Array => {
  const payload = new TextEncoder().encode(`[${texts.join(",")}]`)
  const bytes = new Uint8Array(headerBytes + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, payload.length)
  view.setUint32(4, Crc32c.of(payload))
  bytes.set(payload, headerBytes)
  return bytes
}

/** Puts a state together from its records, each of which says what is wrong with it. */
const makeRestored = () => {
  let state: State.State | undefined
  let filling: { readonly name: string; collection: State.Collection } | undefined
  let digest: string | undefined

  const add = (record: Record): string | undefined => {
    if (digest !== undefined) return "a record after the end"
    if (record[0] === "distri database 1") {
      if (state !== undefined) return "a second start"
      state = { ...State.empty, index: record[1], time: record[2] }
      return
    }
    if (state === undefined) return "no start"
    if (record[0] === "d") {
      if (filling === undefined) return "a document outside a collection"
      const prepared = prepare(record[1])
      if (prepared._tag !== "Prepared") return "a document that cannot be stored"
      const { _id, stored } = prepared
      const { collection } = filling
      filling.collection = State.withDocument(collection, _id, stored, collection.version)
      return
    }
    if (filling !== undefined) state = State.withCollection(state, filling.name, filling.collection)
    filling = undefined
    if (record[0] === "c") {
      const [, name, uid, version] = record
      filling = { name, collection: { ...State.emptyCollection(uid), version } }
    } else if (record[0] === "r") {
      const [, id, index, fingerprint, outcome] = record
      state = State.remember(state, id, { index, fingerprint, outcome })
    } else digest = record[1]
    return
  }

  return {
    add,
    state: (): Decoded => {
      if (state === undefined || digest === undefined) return damaged("no end")
      return State.digest(state) === digest
        ? { _tag: "State", state }
        : damaged("the digest differs")
    }
  }
}
