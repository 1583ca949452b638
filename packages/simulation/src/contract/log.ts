/** What laws do with a log, and what they find in it. */
import { LogIndex, type LogEntry, type ReplicatedLog } from "@distri/core/log/ReplicatedLog"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"

type Log = ReplicatedLog["Service"]

export const bytes = (word: string): Uint8Array => new TextEncoder().encode(word)

/** The commands of `entries`, as text. */
export const words = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<string> =>
  entries.filter(({ kind }) => kind === "command").map(({ data }) => String.fromCharCode(...data))

/** `found` without the copies that appends may leave when they are repeated (RL9). */
export const distinct = (found: ReadonlyArray<string>): ReadonlyArray<string> =>
  Array.from(new Set(found))

export const isSame = (one: Uint8Array, two: Uint8Array): boolean =>
  one.length === two.length && one.every((byte, at) => byte === two[at])

/** Repeats what may be repeated, so that a law holds while the leader changes as well. */
export const surely = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  Effect.retry(self, {
    times: 50,
    schedule: Schedule.spaced("20 millis"),
    while: ({ _tag }) => _tag === "Unavailable" || _tag === "Ambiguous"
  })

export const append = (log: Log, word: string) => surely(log.append(bytes(word), { id: "id" }))
export const barrier = (log: Log) => surely(log.barrier)
export const writeSnapshot = (log: Log, at: LogIndex, data: Stream.Stream<Uint8Array>) =>
  surely(log.snapshots.write(at, data))

/** Why the entry `at` is not there, as soon as it is gone: an engine may let go of it a little later. */
export const missed = (log: Log, at: LogIndex) =>
  Effect.retry(Effect.flip(read(log, at, at)), Schedule.spaced("5 millis"))

/** The entries from `from` up to `to`. */
export const read = (log: Log, from: number, to: number) =>
  Stream.runCollect(Stream.take(log.entries(LogIndex.make(from)), to - from + 1))
