import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { AppendEntry, LogBarrier, ReadEntries, ReadSnapshot } from "../../../service/LogServices.ts"
import {
  Ambiguous,
  type ClusterId,
  type Compacted,
  Corrupt,
  type LogEntry,
  type LogId,
  type LogIndex,
  LogRegressed,
  type SnapshotRef,
  Unavailable,
  type WrongCluster
} from "../../ReplicatedLog.ts"
import { LinkFailed, type RaftPeers } from "../../RaftPeers.ts"

/** Where a request goes, and which log it is about. */
export interface Place {
  readonly node: string
  readonly log: LogId
}

/** How long a node may take for an answer that does not wait for entries. */
const answerMs = 5000
/** How long one read waits for new entries; shorter than what a link takes for a dead connection. */
const waitMs = 3000
const pieceAttempts = 20

/** Asks other nodes for what this one cannot know or do by itself. */
export const make = (peers: RaftPeers["Service"], cluster: ClusterId) => {
  const origin = ({ log }: Place) => ({ cluster, log })

  const append = (
    place: Place,
    data: Uint8Array,
    { deadline, id }: { readonly id: string; readonly deadline: Duration.Input }
  ) => {
    const deadlineMs = Duration.toMillis(deadline)
    return peers
      .call(place.node)(AppendEntry, { ...origin(place), id, data, deadlineMs })
      .pipe(
        Effect.map(({ index }) => index),
        (call) => answered(call, deadlineMs),
        Effect.catchTag("LinkFailed", ({ started }) =>
          Effect.fail(started ? new Ambiguous({ id }) : new Unavailable({ reason: "NoLeader" }))
        ),
        Effect.catchTag(["LogRegressed", "WrongCluster"], refuse)
      )
  }

  const barrier = (place: Place): Effect.Effect<LogIndex, Unavailable> =>
    answered(peers.call(place.node)(LogBarrier, origin(place)), answerMs).pipe(
      Effect.map(({ index }) => index),
      Effect.catchTag("LinkFailed", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
      Effect.catchTag(["LogRegressed", "WrongCluster"], refuse)
    )

  const entries = (
    place: Place,
    from: LogIndex
  ): Effect.Effect<
    ReadonlyArray<LogEntry>,
    Compacted | LogRegressed | WrongCluster | Unavailable | LinkFailed
  > =>
    answered(
      peers.call(place.node)(ReadEntries, { ...origin(place), from, waitMs }),
      waitMs + answerMs
    ).pipe(Effect.flatMap((answer) => contiguous(from, answer.log, answer.entries)))

  const latest = (place: Place) =>
    answered(peers.call(place.node)(ReadSnapshot, { ...origin(place), offset: 0 }), answerMs).pipe(
      Effect.map((answer) => Option.fromUndefinedOr(answer.latest)),
      Effect.catchTag("LinkFailed", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
      // Only a damaged answer would name a snapshot that was not asked for.
      Effect.catchTag("Corrupt", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
      Effect.catchTag(["LogRegressed", "WrongCluster"], refuse)
    )

  /** `member`: who cannot go on without it. */
  const snapshot = (
    place: Place,
    ref: SnapshotRef,
    offset: number,
    member: string | undefined
  ): Stream.Stream<Uint8Array, Unavailable | Corrupt> =>
    inPieces(ref, offset, (at) => {
      const asked = { ...origin(place), snapshot: ref, offset: at }
      return peers.call(place.node)(
        ReadSnapshot,
        member === undefined ? asked : { ...asked, member }
      )
    })

  return { append, barrier, entries, latest, snapshot }
}

export type Remote = ReturnType<typeof make>

/** Piece by piece, each asked for again when its answer is lost. */
const inPieces = (
  ref: SnapshotRef,
  offset: number,
  ask: (
    at: number
  ) => Effect.Effect<
    { readonly data: Uint8Array },
    Corrupt | LogRegressed | WrongCluster | Unavailable | LinkFailed
  >
): Stream.Stream<Uint8Array, Unavailable | Corrupt> =>
  Stream.paginate(offset, (at) => {
    if (at >= ref.bytes) return Effect.succeed([[], Option.none()])
    return answered(ask(at), answerMs).pipe(
      Effect.retry({
        while: ({ _tag }) => _tag === "LinkFailed",
        schedule: Schedule.max([Schedule.spaced("200 millis"), Schedule.recurs(pieceAttempts)])
      }),
      Effect.catchTag("LinkFailed", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
      Effect.filterOrFail(
        ({ data }) => data.length > 0 && at + data.length <= ref.bytes,
        () => new Corrupt({ what: "snapshot", where: `${ref.id} at byte ${at}` })
      ),
      Effect.map(({ data }) => [[data], Option.some(at + data.length)] as const),
      Effect.catchTag(["LogRegressed", "WrongCluster"], refuse)
    )
  })

/** A link that goes away may interrupt what it carries. */
const answered = <A, E>(self: Effect.Effect<A, E | LinkFailed>, ms: number) =>
  self.pipe(
    Effect.catchCauseIf(Cause.hasInterruptsOnly, () => noAnswer),
    Effect.timeoutOrElse({ duration: ms, orElse: () => noAnswer })
  )

const noAnswer = Effect.fail(new LinkFailed({ started: true }))

const refuse = ({ _tag }: LogRegressed | WrongCluster) =>
  Effect.fail(new Unavailable({ reason: _tag }))

/** The other node is another process: what it sends is checked before it is believed. */
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
