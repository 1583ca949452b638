/**
 * The laws of a replicated log (RL1-RL14 and RL16), for any engine: a list of programs that die where a law
 * is broken.
 *
 * A test file opens the engine, and runs each law in a scope of its own:
 *
 * ```ts
 * for (const { law, name } of laws({ open }))
 *   it.effect(name, () => Effect.scoped(law))
 * ```
 *
 * An engine may have entries of its own anywhere: the laws look at commands only, and count from
 * where the log stood when it was opened.
 */
import {
  Compacted,
  LogIndex,
  Unavailable,
  type LogEntry,
  type ReplicatedLog
} from "@distri/core/log/ReplicatedLog"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

type Log = ReplicatedLog["Service"]

/**
 * The same log at two nodes, or at one: `leader` is where entries are decided.
 *
 * @category models
 */
export interface Subject {
  readonly leader: Log
  readonly other: Log
}

/** @category models */
export interface Limits {
  readonly retainedMaxBytes?: number
}

/**
 * `R`: what it needs of the test, and keeps from one law to the next.
 *
 * @category models
 */
export interface Engine<R = never> {
  /** Starts it empty. */
  readonly open: (limits?: Limits) => Effect.Effect<Subject, never, Scope.Scope | R>
  /** Ends what `open` has started last, all at once, and starts it again with what it has kept. */
  readonly reopen?: Effect.Effect<Subject, never, Scope.Scope | R>
  /** Sets the clock that gives entries their time, where a test can. */
  readonly setTime?: (ms: number) => Effect.Effect<void>
}

/** @category models */
export interface Law<R = never> {
  readonly name: string
  readonly law: Effect.Effect<void, unknown, Scope.Scope | R>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const laws = <R>(engine: Engine<R>): ReadonlyArray<Law<R>> => [
  ...ofAppending(engine),
  ...ofReading(engine),
  ...ofTrimming(engine),
  ...ofSnapshots(engine),
  ...ofEnds(engine)
]

const ofAppending = <R>({ open }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL1] indices grow by one, and two readers see the same entries", function* () {
    const { leader, other } = yield* open()
    for (const word of ["a", "b", "c"]) yield* append(other, word)
    const last = yield* barrier(leader)
    const one = yield* read(leader, 1, last)
    same(one, yield* read(other, 1, last), "two readers see the same")
    same(
      one.map(({ index }) => index),
      one.map((_, at) => at + 1),
      "indices grow by one"
    )
    same(words(one), ["a", "b", "c"], "what was appended is there, in order")
  }),
  law("[RL2] an acknowledged entry is in every later read that covers its place", function* () {
    const { leader, other } = yield* open()
    for (const writer of [leader, other]) {
      const index = yield* append(writer, "kept")
      for (const reader of [leader, other])
        same(words(yield* read(reader, index, index)), ["kept"], "it is where it was said to be")
    }
  }),
  law("[RL3] holds what was appended, unchanged, and no more copies than attempts", function* () {
    const { leader, other } = yield* open()
    for (const log of [leader, other]) {
      const before = yield* barrier(log)
      const buffer = bytes("first")
      let attempts = 0
      yield* surely(
        Effect.suspend(() => {
          attempts += 1
          return log.append(buffer, { id: "id" })
        })
      )
      buffer.fill(0)
      const found = words(yield* read(log, before + 1, yield* barrier(log)))
      must(found.length >= 1 && found.length <= attempts, "at most as many as attempts")
      must(
        found.every((word) => word === "first"),
        "nothing else"
      )
    }
  }),
  law("[RL4] an append that began after another was answered comes after it", function* () {
    const { leader, other } = yield* open()
    let before = 0
    for (let at = 0; at < 20; at += 1) {
      const index = yield* append(at % 2 === 0 ? leader : other, `entry ${at}`)
      must(index > before, `${index} comes after ${before}`)
      before = index
    }
  }),
  law("[RL5] a barrier reaches every answered append and every delivered entry", function* () {
    const { leader, other } = yield* open()
    for (let at = 0; at < 5; at += 1) {
      const answered = yield* append(leader, "a")
      must((yield* barrier(other)) >= answered, "it reaches what was answered")
      const delivered = yield* append(other, "b")
      yield* read(leader, delivered, delivered)
      must((yield* barrier(other)) >= delivered, "it reaches what was delivered")
    }
  }),
  law("[RL8] the same id may be appended again", function* () {
    const { leader, other } = yield* open()
    const first = yield* append(leader, "same")
    must((yield* append(other, "same")) > first, "it stands there twice")
  })
]

const ofReading = <R>({ open, setTime }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL6] entries begin where asked and wait at the end", function* () {
    const { leader, other } = yield* open()
    for (const word of ["a", "b"]) yield* append(leader, word)
    const from = (yield* barrier(other)) + 1
    const waiting = yield* Effect.forkChild(read(other, from, from), { startImmediately: true })
    const index = yield* append(leader, "c")
    const [entry] = yield* Fiber.join(waiting)
    same(entry!.index, from, "it begins where asked")
    must(from <= index, "and was there before")
  }),
  law("[RL7] time never goes back, even when the clock does", function* () {
    const { leader } = yield* open()
    const setClock = setTime ?? (() => Effect.void)
    yield* setClock(100_000)
    yield* append(leader, "later")
    yield* setClock(1000)
    yield* append(leader, "earlier")
    const times = (yield* read(leader, 1, yield* barrier(leader))).map(({ time }) => time)
    same(
      times,
      times.toSorted((a, b) => a - b),
      "time never goes back"
    )
    must(setTime === undefined || times.at(-1)! >= 100_000, "it is the clock's")
  }),
  law("[RL9] a refused entry never appears", function* () {
    const { leader, other } = yield* open({ retainedMaxBytes: 8192 })
    const tooLarge = yield* Effect.flip(other.append(new Uint8Array(1024 * 1024 + 1), { id: "1" }))
    same(tooLarge._tag, "TooLarge", "the size is refused")
    let acknowledged = 0
    const fill = Effect.tap(append(leader, "x".repeat(1000)), () =>
      Effect.sync(() => void (acknowledged += 1))
    )
    const full = yield* Effect.flip(Effect.repeat(fill, { times: 100 }))
    same(full._tag, "Overloaded", "a full log refuses")
    const found = words(yield* read(leader, 1, yield* barrier(leader)))
    same(found.length, acknowledged, "all that is there was acknowledged")
  })
]

const ofTrimming = <R>({ open }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL6] a reader that missed trimmed entries fails with Compacted", function* () {
    const { leader } = yield* open()
    const places = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    const at = places[1]!
    yield* leader.snapshots.write(at, Stream.make(bytes("state")))
    yield* leader.trim(at)
    const error = yield* missed(leader)
    must(error instanceof Compacted, "it does not skip")
    same([error.first, error.snapshot.index], [at + 1, at], "it names where to begin")
    const rest = yield* read(leader, at + 1, yield* barrier(leader))
    same(words(rest), ["c"], "what is left can be read")
  }),
  law("[RL10] trim stops at the latest complete snapshot", function* () {
    const { leader } = yield* open()
    const places = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    const [first, , last] = places
    yield* leader.trim(last!)
    same(words(yield* read(leader, 1, last!)), ["a", "b", "c"], "without one nothing goes")
    yield* leader.snapshots.write(first!, Stream.make(bytes("state")))
    yield* leader.trim(last!)
    const error = yield* missed(leader)
    must(error instanceof Compacted, "what the snapshot has is gone")
    must(error.snapshot.index >= error.first - 1, "the snapshot reaches the first entry")
    same(words(yield* read(leader, first! + 1, last!)), ["b", "c"], "and nothing more")
  }),
  law(
    "[RL13] a full log refuses at once, and takes entries again once it is trimmed",
    function* () {
      const { leader } = yield* open({ retainedMaxBytes: 8192 })
      const before = yield* barrier(leader)
      // A reader that stands still holds nothing back.
      yield* Effect.forkChild(
        Stream.runForEach(leader.entries(LogIndex.make(1)), () => Effect.never),
        { startImmediately: true }
      )
      const fill = surely(leader.append(new Uint8Array(960), { id: "id" }))
      const error = yield* Effect.flip(Effect.repeat(fill, { times: 100 }))
      same(error._tag, "Overloaded", "it is full")
      const all = yield* barrier(leader)
      must(all - before <= 10, "memory stays bounded")
      yield* leader.snapshots.write(all, Stream.make(bytes("state")))
      yield* leader.trim(all)
      const again = Effect.retry(append(leader, "again"), {
        while: ({ _tag }) => _tag === "Overloaded",
        schedule: Schedule.spaced("20 millis")
      })
      must((yield* again) > all, "it goes on")
    }
  )
]

const ofSnapshots = <R>({ open }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL11] a snapshot reads back byte for byte, from anywhere in it", function* () {
    const { leader } = yield* open()
    const places = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    must(Option.isNone(yield* surely(leader.snapshots.latest)), "there is none at first")
    const pieces = Array.from({ length: 5 }, (_, at) => new Uint8Array(200_000).fill(at))
    yield* leader.snapshots.write(LogIndex.make(places[2]!), Stream.fromIterable(pieces))
    const older = yield* leader.snapshots.write(
      LogIndex.make(places[0]!),
      Stream.make(bytes("old"))
    )
    same(older.index, places[2], "the latest never goes back")
    const latest = Option.getOrThrow(yield* surely(leader.snapshots.latest))
    same([latest.index, latest.bytes], [places[2], 1_000_000], "the latest is the one written")
    const whole = concat(pieces)
    for (const offset of [0, 1, 199_999, 200_000, 999_999]) {
      const found = yield* Stream.runCollect(leader.snapshots.read(latest, offset))
      must(isSame(concat(found), whole.subarray(offset)), `it reads back from ${offset} on`)
    }
  }),
  law("[RL11] an interrupted snapshot is never visible", function* () {
    const { leader } = yield* open()
    const at = yield* append(leader, "a")
    const begun = yield* Deferred.make<void>()
    const endless = Stream.concat(
      Stream.make(bytes("half")),
      Stream.fromEffectDrain(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
    )
    const writing = yield* Effect.forkChild(leader.snapshots.write(at, endless))
    yield* Deferred.await(begun)
    yield* Fiber.interrupt(writing)
    must(Option.isNone(yield* surely(leader.snapshots.latest)), "half of one is none")
  })
]

const ofEnds = <R>({ open, reopen }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL12] what starts again has every acknowledged entry, or is another log", function* () {
    const { leader } = yield* open()
    const acknowledged = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    const identity = yield* surely(leader.identity)
    if (reopen === undefined) return
    const again = yield* reopen
    if ((yield* surely(again.leader.identity)) !== identity) return
    const last = yield* barrier(again.leader)
    must(last >= acknowledged.at(-1)!, "it does not end before")
    const found = yield* read(again.leader, 1, last)
    same(words(found), ["a", "b", "c"], "all is there, and nothing more")
  }),
  law("[RL14] an interrupted call leaves nothing behind", function* () {
    const { leader, other } = yield* open()
    for (const log of [leader, other]) {
      const start = yield* barrier(log)
      const calls = Effect.all(
        [
          read(log, start + 1, start + 1000),
          log.append(bytes("half"), { id: "half" }),
          log.barrier
        ],
        { concurrency: "unbounded" }
      )
      for (let at = 0; at < 50; at += 1) {
        const fiber = yield* Effect.forkChild(calls, { startImmediately: at % 2 === 0 })
        if (at % 3 === 0) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
      }
      const index = yield* append(log, "whole")
      const found = words(yield* read(log, 1, index))
      must(
        found.every((word) => word === "half" || word === "whole"),
        "an entry is there whole or not at all"
      )
    }
  }),
  law("[RL16] when the log closes, what waits ends with a typed error", function* () {
    const scope = yield* Scope.make()
    const { leader, other } = yield* Scope.provide(open(), scope)
    const last = yield* append(leader, "a")
    const waiting = yield* Effect.forEach([leader, other], (log) =>
      Effect.forkChild(Effect.flip(read(log, last + 1, last + 1000)), { startImmediately: true })
    )
    yield* Effect.yieldNow
    yield* Scope.close(scope, Exit.void)
    const stopping = new Unavailable({ reason: "Stopping" })
    for (const [at, log] of [leader, other].entries()) {
      same(yield* Fiber.join(waiting[at]!), stopping, "a reader learns it")
      same(yield* Effect.flip(log.barrier), stopping, "a barrier learns it")
      const { _tag } = yield* Effect.flip(log.append(bytes("b"), { id: "b" }))
      must(_tag === "Unavailable" || _tag === "Ambiguous", "an append learns it")
    }
  })
]

const law = <R>(
  name: string,
  body: () => Generator<Effect.Effect<unknown, unknown, Scope.Scope | R>, void, never>
): Law<R> => ({ name, law: Effect.gen(body as never) })

/** A law does not hold. */
class LawBroken extends Error {
  override readonly name = "LawBroken"
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LawBroken(what)
}

const same = (found: unknown, expected: unknown, what: string): void => {
  const [one, two] = [JSON.stringify(found), JSON.stringify(expected)]
  must(one === two, `${what}: expected ${two}, found ${one}`)
}

const bytes = (word: string): Uint8Array => new TextEncoder().encode(word)

/** The commands of `entries`, as text. */
const words = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<string> =>
  entries.filter(({ kind }) => kind === "command").map(({ data }) => String.fromCharCode(...data))

const concat = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

const isSame = (one: Uint8Array, two: Uint8Array): boolean =>
  one.length === two.length && one.every((byte, at) => byte === two[at])

/** Repeats what may be repeated, so that a law holds while the leader changes as well. */
const surely = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  Effect.retry(self, {
    times: 50,
    schedule: Schedule.spaced("20 millis"),
    while: ({ _tag }) => _tag === "Unavailable" || _tag === "Ambiguous"
  })

const append = (log: Log, word: string) => surely(log.append(bytes(word), { id: "id" }))
const barrier = (log: Log) => surely(log.barrier)

/** Why the first entry is not there, as soon as it is gone: an engine may let go of it a little later. */
const missed = (log: Log) => Effect.retry(Effect.flip(read(log, 1, 1)), Schedule.spaced("5 millis"))

/** The entries from `from` up to `to`. */
const read = (log: Log, from: number, to: number) =>
  Stream.runCollect(Stream.take(log.entries(LogIndex.make(from)), to - from + 1))
