/**
 * A whole state as bytes: for a node that is too far behind for the log, for backups, and to
 * restore them.
 *
 * A row of chunks (see `Chunks`), each a packed list of records (see `Records`). The first holds
 * the header, the last the footer: with the SHA-256 of the content of all before it, and the digest
 * that the state must have. So what is damaged, missing or too much is found, and nothing of such a
 * snapshot is loaded.
 *
 * Equal states with equal headers are equal bytes.
 */
import { sha256 } from "@noble/hashes/sha2.js"
import * as Schema from "effect/Schema"
import { language } from "../command/Command.ts"
import { digest } from "../state/Digest.ts"
import type { State } from "../state/State.ts"
import { equals } from "../value/Compare.ts"
import * as Packed from "../value/Packed.ts"
import type { Value } from "../value/Value.ts"
import { chunk, chunkBytes, makeReader } from "./Chunks.ts"
import * as Records from "./Records.ts"
import { makeRestored, type Restored } from "./Restored.ts"

export type { Header } from "./Records.ts"

/** `where` names the chunk that something is wrong with. @category models */
export interface SnapshotRefused {
  readonly _tag: "SnapshotRefused"
  readonly where: string
  readonly issue: string
}

/** @category models */
export interface Loaded {
  readonly _tag: "State"
  readonly state: State
  readonly header: Records.Header
}

/** @category models */
export interface Decoder {
  /**
   * Takes the next bytes, cut in any way. Work grows with them: about a second for 30 MB. After a
   * refusal there is nothing but that refusal.
   */
  readonly push: (bytes: Uint8Array) => SnapshotRefused | undefined
  /** The state, if all of a snapshot was pushed, and nothing else. */
  readonly finish: () => Loaded | SnapshotRefused
}

/**
 * One chunk at a time, so that the caller can let others run in between: `state` stays as it is
 * while newer ones are made of it.
 *
 * @category encoding
 */
export function* encode(state: State, header: Records.Header): Generator<Uint8Array, void> {
  const hash = sha256.create()
  const hashed = (records: ReadonlyArray<Value>) => {
    const content = Packed.encode(records)
    hash.update(content)
    return chunk(content)
  }
  yield hashed([Records.header(header, state)])
  let records: Array<Value> = []
  let bytes = 0
  for (const next of Records.contents(state)) {
    records.push(next.record)
    bytes += next.bytes
    if (bytes < chunkBytes) continue
    yield hashed(records)
    records = []
    bytes = 0
  }
  if (records.length > 0) yield hashed(records)
  yield chunk(Packed.encode([Records.footer(state, hash.digest())]))
}

/** @category decoding */
export const makeDecoder = (): Decoder => {
  const contents = makeContents()
  const reader = makeReader(contents.take)
  let refused: SnapshotRefused | undefined
  const refuse = (issue: string): SnapshotRefused =>
    (refused = { _tag: "SnapshotRefused", where: reader.where(), issue })
  return {
    push: (bytes) => {
      if (refused !== undefined) return refused
      const issue = reader.push(bytes)
      return issue === undefined ? undefined : refuse(issue)
    },
    finish: () => {
      if (refused !== undefined) return refused
      const loaded = contents.loaded()
      if (loaded === undefined) return refuse("it ends before its footer")
      return reader.isWhole() ? loaded : refuse("there is more after the footer")
    }
  }
}

/** Takes the contents of chunks, and says what is wrong with one, if anything is. */
const makeContents = () => {
  const hash = sha256.create()
  let begun: { readonly header: Records.Header; readonly restored: Restored } | undefined
  let loaded: Loaded | undefined

  const finish = (footer: Value): string | undefined => {
    const read = decodeFooter(footer)
    if (read._tag === "Failure") return read.failure.message
    const { sha256: expected, digest: expectedDigest, ...counts } = read.success[1]
    if (!equals(hash.digest(), expected)) return "the SHA-256 differs"
    const state = begun!.restored.finish()
    if (typeof state === "string") return state
    if (!equals(Records.counts(state), counts)) return "the counts differ"
    if (digest(state) !== expectedDigest) return "the digest of the state differs"
    loaded = { _tag: "State", state, header: begun!.header }
    return
  }

  const take = (content: Uint8Array): string | undefined => {
    if (loaded !== undefined) return "there is more after the footer"
    const read = Packed.decode(content)
    if (read._tag === "Issue") return `${read.path} ${read.issue}`
    const records = read.value
    if (!Array.isArray(records)) return "what is not a list of records"
    if (begun !== undefined && isFooter(records)) return finish(records[0])
    hash.update(content)
    if (begun === undefined) {
      const begins = begin(records)
      if (typeof begins === "string") return begins
      begun = begins
      return
    }
    for (const record of records) {
      const issue = begun.restored.add(record)
      if (issue !== undefined) return issue
    }
    return
  }

  return { take, loaded: () => loaded }
}

const isFooter = (records: ReadonlyArray<Value>) => {
  const [first] = records
  return records.length === 1 && Array.isArray(first) && first[0] === "end"
}

const begin = (records: ReadonlyArray<Value>) => {
  const read = decodeHeader(records[0])
  if (read._tag === "Failure" || records.length !== 1) return "what is not the start of a snapshot"
  const [, format, { cluster, index, language: needed, members, term, time }] = read.success
  if (format !== Records.format) return `a snapshot of format ${format}; this release reads 1`
  if (needed < 1 || needed > language)
    return `a snapshot of language ${needed}; this release knows up to ${language}`
  const restored = makeRestored({ index, time, language: needed })
  return { header: { cluster, term, members }, restored }
}

const decodeHeader = Schema.decodeUnknownResult(Records.HeaderRecord)
const decodeFooter = Schema.decodeUnknownResult(Records.FooterRecord)
