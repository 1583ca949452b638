/**
 * The log for the nodes that do not write: it sends appends and barriers to the writer, and reads
 * the writer's entries.
 *
 * The first answer fixes which log this node follows. When the writer begins anew, what was
 * applied here cannot be continued: entries end with `LogRegressed`, appends are refused, and both
 * stay so until the node starts again.
 *
 * **Gotchas**
 *
 * A writer that cannot be reached does not end `entries`: it asks again, less and less often. An
 * append is sent once, so that its error says whether it may be in the log.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { persistently } from "./persistently.ts"
import { start } from "@distri/store/value/LogIndex"
import {
  Ambiguous,
  Corrupt,
  entryMaxBytes,
  LogRegressed,
  ReplicatedLog,
  TooLarge,
  Unavailable,
  WrongCluster,
  type ClusterId,
  type LogEntry,
  type LogId,
  type LogIndex
} from "./ReplicatedLog.ts"
import { LinkFailed, WriterLink } from "./WriterLink.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly cluster: ClusterId
  /**
   * How long one read waits at the writer for new entries. Default 5 s; shorter than what the
   * link takes for a dead connection.
   */
  readonly wait?: Duration.Input | undefined
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<ReplicatedLog, never, WriterLink> =>
  Layer.effect(ReplicatedLog, make(options))

const make = Effect.fnUntraced(function* (options: Options) {
  const link = yield* WriterLink
  const ask = makeAsk(options.cluster)
  const waitMs = Duration.toMillis(options.wait ?? "5 seconds")

  const closing = yield* Deferred.make<never, Unavailable>()
  yield* Effect.addFinalizer(() => Deferred.fail(closing, new Unavailable({ reason: "Stopping" })))
  // First in every race: a call that begins after the end does not reach for the link.
  const untilClosed = <A, E>(self: Effect.Effect<A, E>) =>
    Effect.raceFirst(Deferred.await(closing), self)

  const read = (from: LogIndex) =>
    ask((origin) => link.read({ ...origin, from, waitMs })).pipe(
      Effect.timeoutOrElse({ duration: waitMs + answerMs, orElse: () => noAnswer }),
      persistently(isPassing),
      Effect.flatMap(({ entries, log }) => contiguous(from, log, entries)),
      untilClosed
    )
  const barrier = ask(link.barrier).pipe(
    Effect.timeoutOrElse({ duration: answerMs, orElse: () => noAnswer }),
    Effect.catchTag("LinkFailed", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
    Effect.catchTag(["LogRegressed", "WrongCluster"], refuse),
    untilClosed
  )
  const identity = Effect.map(barrier, ({ log }) => log)

  return ReplicatedLog.of({
    info: { engine: "FollowerLog", cluster: options.cluster, durability: "memory" },
    identity,
    append: (data, { deadline = "10 seconds", id }) => {
      const bytes = data.length
      if (bytes > entryMaxBytes)
        return Effect.fail(new TooLarge({ bytes, maxBytes: entryMaxBytes }))
      const unknown = Effect.fail(new Ambiguous({ id }))
      const stopped = Effect.mapError(Deferred.await(closing), () => new Ambiguous({ id }))
      const deadlineMs = Duration.toMillis(deadline)
      return ask((origin) => link.append({ ...origin, id, data, deadlineMs })).pipe(
        Effect.map(({ index }) => index),
        Effect.catchTag("LinkFailed", ({ started }) =>
          Effect.fail(started ? new Ambiguous({ id }) : new Unavailable({ reason: "NoLeader" }))
        ),
        Effect.catchTag(["LogRegressed", "WrongCluster"], refuse),
        (answer) => Effect.raceFirst(stopped, answer),
        Effect.timeoutOrElse({ duration: deadlineMs, orElse: () => unknown })
      )
    },
    barrier: Effect.map(barrier, ({ index }) => index),
    entries: (from) =>
      Stream.paginate(from, (index) =>
        Effect.map(read(index), (entries) => [
          entries,
          Option.some((index + entries.length) as LogIndex)
        ])
      ),
    snapshots: makeSnapshots(link, ask, untilClosed),
    trim: () => Effect.fail(new Unavailable({ reason: "NotWriter" })),
    members: Stream.fromEffect(identity).pipe(
      Stream.map((log) => ({ voters: [log], learners: [], leader: log }))
    ),
    leads: Effect.succeed(false)
  })
})

interface Origin {
  readonly cluster: ClusterId
  readonly log?: LogId
}

type Ask = ReturnType<typeof makeAsk>

/** Puts the followed log into every request, and holds every answer against it. */
const makeAsk = (cluster: ClusterId) => {
  let followed: LogId | undefined
  let lost: LogRegressed | WrongCluster | undefined

  return <A extends { readonly log: LogId }, E>(
    send: (origin: Origin) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | LogRegressed | WrongCluster | LinkFailed> =>
    Effect.suspend((): Effect.Effect<A, E | LogRegressed | WrongCluster | LinkFailed> => {
      if (lost !== undefined) return Effect.fail(lost)
      return send(followed === undefined ? { cluster } : { cluster, log: followed }).pipe(
        // A link that goes away may interrupt what it carries.
        Effect.catchCauseIf(Cause.hasInterruptsOnly, () => noAnswer),
        Effect.tap(({ log }) => {
          followed ??= log
          return log === followed
            ? Effect.void
            : Effect.fail(new LogRegressed({ index: start, expected: followed, found: log }))
        }),
        Effect.tapError((error) => {
          if (error instanceof LogRegressed || error instanceof WrongCluster) lost ??= error
          return Effect.void
        })
      )
    })
}

const makeSnapshots = (
  link: WriterLink["Service"],
  ask: Ask,
  untilClosed: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<A, E | Unavailable>
): ReplicatedLog["Service"]["snapshots"] => ({
  latest: ask((origin) => link.snapshot({ ...origin, offset: 0 })).pipe(
    Effect.timeoutOrElse({ duration: answerMs, orElse: () => noAnswer }),
    Effect.map(({ latest }) => Option.fromUndefinedOr(latest)),
    Effect.catchTag("LinkFailed", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
    // Only a damaged answer would name a snapshot that was not asked for.
    Effect.catchTag("Corrupt", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
    Effect.catchTag(["LogRegressed", "WrongCluster"], refuse),
    untilClosed
  ),
  read: (snapshot) =>
    Stream.paginate(0, (offset) => {
      if (offset >= snapshot.bytes) return Effect.succeed([[], Option.none()])
      return ask((origin) => link.snapshot({ ...origin, snapshot, offset })).pipe(
        Effect.timeoutOrElse({ duration: answerMs, orElse: () => noAnswer }),
        persistently((error) => error._tag === "LinkFailed"),
        Effect.filterOrFail(
          ({ data }) => data.length > 0 && offset + data.length <= snapshot.bytes,
          () => new Corrupt({ what: "snapshot", where: `${snapshot.id} at byte ${offset}` })
        ),
        Effect.map(({ data }) => [[data], Option.some(offset + data.length)] as const),
        Effect.catchTag(["LogRegressed", "WrongCluster"], refuse),
        untilClosed
      )
    }),
  write: () => Effect.fail(new Unavailable({ reason: "NotWriter" }))
})

/** How long the writer may take for an answer that does not wait for entries. */
const answerMs = 10_000

const noAnswer = Effect.fail(new LinkFailed({ started: true }))

/** Reaching the writer again will help. */
const isPassing = <E extends { readonly _tag: string }>(
  error: E
): error is E & (LinkFailed | Unavailable) =>
  error._tag === "LinkFailed" || error._tag === "Unavailable"

const refuse = ({ _tag }: LogRegressed | WrongCluster) =>
  Effect.fail(new Unavailable({ reason: _tag }))

/** The writer is another process: what it sends is checked before it is believed. */
const contiguous = (
  from: LogIndex,
  log: LogId,
  entries: ReadonlyArray<LogEntry>
): Effect.Effect<ReadonlyArray<LogEntry>, LogRegressed> => {
  const wrong = entries.find((entry, at) => entry.index !== from + at)
  return wrong === undefined
    ? Effect.succeed(entries)
    : Effect.fail(
        new LogRegressed({ index: wrong.index, expected: `${log} from ${from}`, found: `a gap` })
      )
}
