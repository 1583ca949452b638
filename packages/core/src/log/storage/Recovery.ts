/**
 * Reads what a folder holds of a log, and brings it into a state that is safe to go on from.
 *
 * What was read may have been in the system's cache only, after a sync that failed in an earlier life.
 * So the segment that was written last is copied into a new file, which is synced, before anything of
 * it is counted on (WA8). That also clears away what a torn record left behind its beginning.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Restored } from "@distri/raft/Restored"
import type { Breaks } from "./internal/breaks.ts"
import {
  isPart,
  isSegment,
  isSnapshot,
  pathOf,
  readFile,
  removeFile,
  segmentName,
  snapshotName,
  type Folder
} from "./internal/folder.ts"
import * as Segment from "./internal/segment.ts"
import { KnownVoters } from "./pure/KnownVoters.ts"
import { keptSnapshots, type LogState } from "./pure/LogState.ts"
import { format } from "./pure/Preamble.ts"
import { Replay } from "./pure/Replay.ts"
import { scanSegment } from "./pure/scanSegment.ts"
import { decodePage, pageBytes } from "./pure/SegmentPage.ts"
import * as SnapshotFiles from "./SnapshotFiles.ts"
import { NewerFormat } from "./StorageRefusal.ts"
import type { Ends, Sealed } from "./WriteAheadLog.ts"

/** Something that no crash leaves behind (WA6). */
export interface Damage {
  readonly _tag: "Damage"
  readonly file: string
  readonly offset: number
  readonly problem: string
}

export const damage = (file: string, offset: number, problem: string): Damage => ({
  _tag: "Damage",
  file,
  offset,
  problem
})

/** A segment as it was read. */
interface Read extends Sealed {
  readonly salt: number
  readonly bytes: Uint8Array
  /** Behind its last record. At the first page: there is none. */
  readonly end: number
}

/** A folder that was read, and not changed. */
export interface Held {
  readonly _tag: "Held"
  readonly state: LogState
  readonly restored: Restored
  readonly number: number
  readonly checksum: number
  /** Without the one that is written next. */
  readonly sealed: ReadonlyArray<Sealed>
  readonly active: Read
}

/** Reads all segments. Undefined: this log has not begun. */
export const read = Effect.fnUntraced(function* (
  folder: Folder,
  names: ReadonlyArray<string>,
  breaks: Breaks
) {
  const replay = new Replay()
  const sealed: Array<Sealed> = []
  const segments = names.filter(isSegment)
  let active: Read | undefined
  for (const name of segments) {
    const isLast = name === segments.at(-1)
    const segment = yield* readSegment(folder, name, replay, isLast, breaks)
    if (segment._tag === "Damage") return segment
    // A segment gets its name before its first record, so the last one may have none.
    if (segment.read.end === pageBytes && isLast) continue
    if (active !== undefined) sealed.push({ name: active.name, last: active.last })
    active = segment.read
    if (segment.stop) break
  }
  if (active === undefined || replay.state === undefined) {
    // The first record is there before the first snapshot, and who has forgotten its votes must not vote.
    const snapshot = names.find(isSnapshot)
    return snapshot === undefined
      ? undefined
      : damage(snapshot, 0, "the segments beside it are gone")
  }
  const restored = replay.restored()
  if (typeof restored === "string") return damage(active.name, active.end, restored)
  const { reference } = restored.snapshot
  const problem =
    reference === "" ? undefined : yield* SnapshotFiles.findProblem(folder, restored.snapshot)
  if (problem !== undefined) return damage(snapshotName(reference), 0, problem)
  const { state, number, checksum } = replay
  return {
    _tag: "Held",
    state,
    restored,
    number: number ?? 0,
    checksum,
    sealed,
    active
  } satisfies Held
})

/** What no record speaks of: it was being written when a process ended. `held`: undefined for nothing. */
export const removeLeftovers = Effect.fnUntraced(function* (
  folder: Folder,
  names: ReadonlyArray<string>,
  held: Held | undefined
) {
  const kept =
    held === undefined
      ? []
      : [
          held.active.name,
          ...held.sealed.map(({ name }) => name),
          ...keptSnapshots(held.state).map(snapshotName)
        ]
  for (const name of names) {
    const isOurs = isPart(name) || isSegment(name) || isSnapshot(name)
    if (isOurs && !kept.includes(name)) yield* removeFile(folder, name)
  }
  yield* folder.disk.syncDirectory(folder.directory)
})

/** Copies the segment that is written next (WA8). */
export const restore = Effect.fnUntraced(function* (
  folder: Folder,
  scope: Scope.Scope,
  { active, sealed, number, checksum }: Held
) {
  const { name, salt, bytes, end, last } = active
  const records = bytes.subarray(pageBytes, end)
  const plan = { salt, records, bytes: bytes.length }
  const copy = yield* Segment.create(folder, scope, `${name}.part`, plan)
  yield* folder.disk.rename(pathOf(folder, copy.name), pathOf(folder, name))
  yield* folder.disk.syncDirectory(folder.directory)
  return { number, checksum, sealed, active: { ...copy, name, end, last } } satisfies Ends
})

/** Whether nobody else has this log, as far as its damaged folder tells. */
export const isAlone = Effect.fnUntraced(function* (
  folder: Folder,
  names: ReadonlyArray<string>,
  node: string
) {
  const voters = new KnownVoters()
  for (const name of names.filter(isSegment)) {
    const bytes = (yield* readFile(folder, name)) ?? new Uint8Array()
    const page = decodePage(bytes)
    if (page !== undefined && "salt" in page) voters.look(bytes, page.salt)
  }
  return voters.isAlone(node)
})

const readSegment = Effect.fnUntraced(function* (
  folder: Folder,
  name: string,
  replay: Replay,
  isLast: boolean,
  breaks: Breaks
) {
  const bytes = (yield* readFile(folder, name)) ?? new Uint8Array()
  const page = decodePage(bytes)
  if (page === undefined) return damage(name, 0, "its first page is none of this program")
  if ("newer" in page) return yield* newer(folder, name, page.newer)
  if (page.bytes !== bytes.length) return damage(name, bytes.length, "it has another length")
  const { found, ending } = scanSegment(bytes, page.salt, breaks.tornTailAccepted)
  replay.highest = 0
  for (const record of found) {
    if (record.header.format > format) return yield* newer(folder, name, record.header.format)
    const isOwn = record.at > pageBytes || segmentName(record.header.number) === name
    const problem = isOwn ? replay.take(record) : "it belongs to another segment"
    if (problem !== undefined) return damage(name, record.at, problem)
  }
  const isEnd = ending._tag === "End" || (ending._tag === "Torn" && isLast)
  if (!isEnd && breaks.damageSkipped !== true) return damage(name, ending.at, "it is no record")
  const read: Read = { name, salt: page.salt, bytes, end: ending.at, last: replay.highest }
  return { _tag: "Read", read, stop: !isEnd } as const
})

const newer = (folder: Folder, name: string, found: number) =>
  Effect.fail(new NewerFormat({ file: pathOf(folder, name), found, known: format }))
