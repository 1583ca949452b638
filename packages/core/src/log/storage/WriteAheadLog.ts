/**
 * Appends records to the segments of a folder, one write and one sync each.
 *
 * ```
 *   sealed, sealed, active | reserve
 * ```
 *
 * The reserve is filled with zeros while the active segment takes records. Its being there says that
 * there is room for everything that is under way (WA13); where it cannot be made, `isFull` says so, and
 * it is tried again every five seconds. A used segment is never taken again: old records in it would
 * look valid.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { LogIndex } from "@distri/raft/LogIndex"
import { invariant } from "../../invariant.ts"
import type { DiskFailed } from "./Disk.ts"
import { pathOf, segmentName, type Folder } from "./internal/folder.ts"
import * as Segment from "./internal/segment.ts"
import { headerBytes, seal, type Kind } from "./pure/Record.ts"
import { pageBytes, wholePages } from "./pure/SegmentPage.ts"

/** A segment that is written no more. `last`: the highest index of an entry in it, 0 for none. */
export interface Sealed {
  readonly name: string
  readonly last: LogIndex
}

/** Where a folder's records end: number and checksum of the last one, and what is behind it. */
export interface Ends {
  readonly number: number
  readonly checksum: number
  readonly sealed: ReadonlyArray<Sealed>
  readonly active: (Segment.Segment & { readonly end: number; readonly last: LogIndex }) | undefined
}

/** What is to be appended. `write` puts the body into the buffer, from `at` on. */
export interface Body {
  readonly kind: Kind
  readonly length: number
  readonly write: (buffer: Uint8Array, at: number) => void
  /** The highest index of an entry in it, 0 for none. */
  readonly last: LogIndex
}

export const bodyOf = (kind: Kind, bytes: Uint8Array, last: LogIndex = 0): Body => ({
  kind,
  length: bytes.length,
  write: (buffer, at) => buffer.set(bytes, at),
  last
})

/**
 * `head`: the body that a new segment begins with. After a failure nothing may be appended any more.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function* (
  folder: Folder,
  segmentBytes: number,
  ends: Ends,
  head: () => Uint8Array
) {
  const scope = yield* Effect.scope
  const { take, isFull } = yield* reserves(folder, scope, segmentBytes)
  const sealed = [...ends.sealed]
  let { number, checksum, active } = ends
  let end = active?.end ?? 0
  let last = active?.last ?? 0
  let buffer = new Uint8Array(16 * pageBytes)

  const put = (segment: Segment.Segment, body: Body) =>
    Effect.suspend(() => {
      const size = sizeOf(body)
      if (buffer.length < size) buffer = new Uint8Array(size)
      const record = buffer.subarray(0, size)
      body.write(record, headerBytes)
      const { kind, length } = body
      const next = seal(record, segment.salt, {
        kind,
        number: number + 1,
        length,
        previous: checksum
      })
      return Effect.map(
        Effect.andThen(segment.file.writeAt(end, record), segment.file.sync),
        () => {
          number += 1
          checksum = next
          end += size
          last = Math.max(last, body.last)
        }
      )
    })

  /** Begins a new segment, with `first` in it. */
  const begin = Effect.fnUntraced(function* (first: Body, needed: number) {
    const taken = yield* take(pageBytes + sizeOf(first) + needed)
    const name = segmentName(number + 1)
    yield* folder.disk.rename(pathOf(folder, taken.name), pathOf(folder, name))
    yield* folder.disk.syncDirectory(folder.directory)
    if (active !== undefined) {
      sealed.push({ name: active.name, last })
      yield* active.close
    }
    active = { ...taken, name, end: pageBytes, last: 0 }
    end = pageBytes
    last = 0
    yield* put(active, first)
  })

  return {
    isFull,
    /** The first record of all. */
    begin: (first: Body) => begin(first, 0),
    append: (body: Body): Effect.Effect<void, DiskFailed> =>
      Effect.suspend(() => {
        invariant(active !== undefined, "WA1: records stand behind a head")
        if (end + sizeOf(body) <= active.bytes) return put(active, body)
        return Effect.andThen(begin(bodyOf("head", head()), sizeOf(body)), () => put(active!, body))
      }),
    /** Removes sealed segments whose entries are all before `keepFrom`, which a snapshot covers. */
    drop: Effect.fnUntraced(function* (keepFrom: LogIndex) {
      while (sealed.length > 0 && sealed[0]!.last < keepFrom) {
        yield* folder.disk.remove(pathOf(folder, sealed[0]!.name))
        // One by one: a later one that is gone while an earlier one is there would be a gap.
        yield* folder.disk.syncDirectory(folder.directory)
        sealed.shift()
      }
    })
  }
})

const sizeOf = ({ length }: Body): number => wholePages(headerBytes + length)

/** Keeps one segment ready. */
const reserves = Effect.fnUntraced(function* (
  folder: Folder,
  scope: Scope.Scope,
  segmentBytes: number
) {
  const random = yield* SecureRandom.SecureRandom
  let isFull = false
  let count = 0

  const create = (bytes: number) =>
    Effect.gen(function* () {
      const salt = new DataView((yield* random.randomBytes(4)).slice().buffer).getUint32(0)
      count += 1
      const name = `reserve-${count}.part`
      return yield* Segment.create(folder, scope, name, { salt, records: new Uint8Array(), bytes })
    }).pipe(
      Effect.tapError(({ reason }) => {
        if (reason !== "NoSpace" || isFull) return Effect.void
        isFull = true
        return Effect.logWarning(
          `${folder.directory} has no room for ${bytes} bytes more of the log; nothing new is taken until there is`
        )
      }),
      Effect.tap(() => Effect.sync(() => (isFull = false))),
      Effect.retry({ while: ({ reason }) => reason === "NoSpace", schedule: Schedule.spaced(5000) })
    )

  const prepare = Effect.forkIn(create(segmentBytes), scope)
  let reserve = yield* prepare

  return {
    isFull: () => isFull,
    /**
     * The reserve, or one that is larger where so much is needed. Waits until there is room; then, and
     * only then, it may be interrupted.
     */
    take: Effect.fnUntraced(function* (needed: number) {
      const ready = yield* Effect.interruptible(Fiber.join(reserve))
      if (ready.bytes < needed) return yield* Effect.interruptible(create(wholePages(needed)))
      reserve = yield* prepare
      return ready
    })
  }
})
