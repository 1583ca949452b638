/** The log of a node in another process, through `LogAccess`. Asks once for each call. */
import { type Caller, LinkFailed } from "@distri/core/log/RaftPeers"
import {
  Ambiguous,
  type LogIndex,
  type ReplicatedLog,
  Unavailable
} from "@distri/core/log/ReplicatedLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  Append,
  Barrier,
  Entries,
  GivePiece,
  Identity,
  LatestSnapshot,
  SnapshotPiece,
  Standing,
  Trim,
  WriteSnapshot
} from "./LogAccess.ts"

type Log = ReplicatedLog["Service"]

export interface Options {
  readonly info: Log["info"]
  readonly call: Caller
  /** The log in the other process is closed, and nobody is there to say so any more. */
  readonly isClosed: () => boolean
}

export const make = ({ call, info, isClosed }: Options): Log => {
  const unless = <A, E>(ask: () => Effect.Effect<A, E>) =>
    Effect.suspend((): Effect.Effect<A, E | Unavailable> => (isClosed() ? stopping : ask()))

  /** The answer, where it does no harm to have asked. */
  const answer = <A, E>(
    ask: () => Effect.Effect<A, E | LinkFailed>
  ): Effect.Effect<A, E | Unavailable> =>
    Effect.catchIf(unless(ask), isLinkFailed, () => (isClosed() ? stopping : noLeader))

  let uploads = 0

  return {
    info,
    identity: answer(() => call(Identity, undefined)),
    append: (data, { id }) =>
      Effect.catchIf(
        unless(() => call(Append, { data, id })),
        isLinkFailed,
        ({ started }): Effect.Effect<never, Ambiguous | Unavailable> =>
          started ? Effect.fail(new Ambiguous({ id })) : noLeader
      ),
    barrier: answer(() => call(Barrier, undefined)),
    entries: (from) =>
      Stream.paginate(from, (index) =>
        Effect.map(
          answer(() => call(Entries, index)),
          (entries) => [entries, Option.some((index + entries.length) as LogIndex)]
        )
      ),
    snapshots: {
      latest: answer(() => call(LatestSnapshot, undefined)),
      read: (ref, first = 0) =>
        Stream.paginate(first, (offset) =>
          offset >= ref.bytes
            ? Effect.succeed([[], Option.none()])
            : Effect.map(
                answer(() => call(SnapshotPiece, { ref, offset })),
                (data) => [[data], Option.some(offset + data.length)]
              )
        ),
      write: (at, data) =>
        Effect.suspend(() => {
          const upload = `${(uploads += 1)}`
          const give = (piece: { readonly data?: Uint8Array }) =>
            answer<void, never>(() => call(GivePiece, { upload, ...piece }))
          const giveAll = Stream.runForEach(data, (piece) => give({ data: piece })).pipe(
            Effect.andThen(give({}))
          )
          return Effect.raceFirst(
            answer(() => call(WriteSnapshot, { at, upload })),
            Effect.andThen(giveAll, Effect.never)
          )
        })
    },
    trim: (through) => answer(() => call(Trim, through)),
    // No law asks for these.
    full: Effect.never,
    members: Stream.never,
    leads: Effect.orDie(
      Effect.map(
        answer(() => call(Standing, undefined)),
        ({ role }) => role === "leader"
      )
    )
  }
}

const stopping = Effect.fail(new Unavailable({ reason: "Stopping" }))
const noLeader = Effect.fail(new Unavailable({ reason: "NoLeader" }))

const isLinkFailed = Schema.is(LinkFailed)
