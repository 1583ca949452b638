import type { LogIndex as RaftIndex } from "@distri/raft/LogIndex"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Halt } from "../../../Halt.ts"
import type { Overloaded } from "../../../service/Refusal.ts"
import {
  type Ambiguous,
  Compacted,
  entryMaxBytes,
  LogIndex,
  type LogEntry,
  type LogId,
  type ReplicatedLog,
  type SnapshotRef,
  TooLarge,
  Unavailable
} from "../../ReplicatedLog.ts"
import type { LogStorage } from "../../storage/LogStorage.ts"
import { nodeOf } from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import type { Proposal } from "./proposals.ts"

type Log = ReplicatedLog["Service"]

/** How long an append may wait for its quorum. */
const deadlineDefault = "10 seconds"

interface Options {
  readonly info: Log["info"]
  readonly core: () => Core | undefined
  readonly nowMs: () => number
  readonly storage: LogStorage["Service"]
  readonly isClosed: () => boolean
  /** Waits until there is a core, or it is closed. */
  readonly begun: Effect.Effect<void>
  readonly guard: Halt["Service"]["guard"]
}

/**
 * This node's part of the log, by itself: appends where it leads, barriers where it hears a leader,
 * and the entries it has.
 */
export const make = (options: Options): Log => {
  const { guard, info, isClosed, nowMs, storage } = options
  const full = Latch.makeUnsafe()

  const withCore = <A, E>(use: (core: Core) => Effect.Effect<A, E>) =>
    Effect.suspend((): Effect.Effect<A, E | Unavailable> => {
      if (isClosed()) return Effect.fail(new Unavailable({ reason: "Stopping" }))
      const core = options.core()
      return core === undefined ? Effect.fail(new Unavailable({ reason: "Joining" })) : use(core)
    })

  return {
    info,
    identity: withCore(({ log }) => Effect.succeed(log as LogId)),
    append: (data, { deadline = deadlineDefault, id }) =>
      data.length > entryMaxBytes
        ? Effect.fail(new TooLarge({ bytes: data.length, maxBytes: entryMaxBytes }))
        : withCore((core) => append(core, data, id, nowMs() + Duration.toMillis(deadline))).pipe(
            Effect.tapErrorTag("Overloaded", () =>
              // Where only too many appends come at once, a snapshot would be one load more.
              options.core()?.isFull === true ? full.release : Effect.void
            )
          ),
    barrier: withCore(barrier),
    entries: (from) =>
      Stream.paginate(from, (index) =>
        Effect.map(batch(options, index), (entries) => [
          entries,
          Option.some((index + entries.length) as LogIndex)
        ])
      ),
    snapshots: {
      latest: withCore(({ latestSnapshot }) =>
        Effect.succeed(Option.map(Option.fromUndefinedOr(latestSnapshot), toRef))
      ),
      read: ({ id }, offset) =>
        Stream.unwrap(withCore(() => Effect.succeed(storage.snapshots.read(id, offset)))),
      write: (at, data) => withCore((core) => guard(writeSnapshot(core, storage, at, data)))
    },
    trim: (through) => withCore((core) => trim(core, through)),
    full: full.await,
    members: Stream.unfold(undefined, () =>
      withCore((core) =>
        Effect.map(core.published.changed, () => [membership(core), undefined] as const)
      )
    ),
    leads: Effect.sync(() => options.core()?.leads ?? false)
  }
}

const append = (core: Core, data: Uint8Array, id: string, deadlineMs: number) =>
  Effect.callback<LogIndex, Overloaded | Unavailable | Ambiguous>((resume) => {
    const proposal: Proposal = {
      id,
      // A copy: the caller may go on to use its buffer.
      data: data.slice(),
      deadlineMs,
      answer: (answer) =>
        resume(
          typeof answer === "number" ? Effect.succeed(answer as LogIndex) : Effect.fail(answer)
        )
    }
    const refused = core.propose(proposal)
    if (refused !== undefined) return resume(Effect.fail(refused))
    return Effect.sync(() => {
      proposal.answer = undefined
    })
  })

const barrier = (core: Core) =>
  Effect.callback<LogIndex, Unavailable>((resume) => {
    const giveUp = core.barrier((answer) =>
      resume(typeof answer === "number" ? Effect.succeed(answer as LogIndex) : Effect.fail(answer))
    )
    return Effect.sync(giveUp)
  })

/** Some entries from `from` on, as soon as there is one. */
const batch = (
  options: Options,
  from: LogIndex
): Effect.Effect<ReadonlyArray<LogEntry>, Compacted | Unavailable> =>
  Effect.suspend((): Effect.Effect<ReadonlyArray<LogEntry>, Compacted | Unavailable> => {
    if (options.isClosed()) return Effect.fail(new Unavailable({ reason: "Stopping" }))
    const core = options.core()
    if (core === undefined) return Effect.andThen(options.begun, batch(options, from))
    const { published } = core
    if (from < published.first) return Effect.fail(compacted(core))
    if (from > published.last) return Effect.andThen(published.changed, batch(options, from))
    return Effect.succeed(published.from(from))
  })

const trim = (core: Core, through: LogIndex): Effect.Effect<void> => {
  const { latestSnapshot } = core
  if (latestSnapshot === undefined) return Effect.void
  return take(core, latestSnapshot, Math.min(through, latestSnapshot.index) + 1)
}

const membership = ({ view: { configuration, leader } }: Core) => ({
  voters: configuration.voters.map(nodeOf),
  learners: configuration.learners.map(nodeOf),
  leader: leader === undefined ? undefined : nodeOf(leader)
})

/** Where a reader that is behind has to begin. */
export const compacted = (core: Core): Compacted =>
  new Compacted({
    first: LogIndex.make(core.published.first),
    snapshot: toRef(core.latestSnapshot!)
  })

export const toRef = ({ bytes, index, reference }: SnapshotMeta): SnapshotRef => ({
  id: reference,
  index: LogIndex.make(index),
  bytes
})

const writeSnapshot = Effect.fnUntraced(function* (
  core: Core,
  storage: LogStorage["Service"],
  at: LogIndex,
  data: Stream.Stream<Uint8Array>
) {
  const newest = core.latestSnapshot
  if (newest !== undefined && newest.index >= at) return toRef(newest)
  const { configurations, published, view } = core
  // A copy that is ahead of its own log was fed by others.
  if (at > published.last) return yield* new Unavailable({ reason: "NotWriter" })
  const reference = `${at}-${storage.incarnation}`
  const stored = yield* storage.snapshots
    .write(reference, data)
    .pipe(Effect.catchTag(["Corrupt", "StorageFailed"], Effect.die))
  const term = view.log.term(at)
  const configuration = configurations.at(at)
  const later = core.latestSnapshot
  if (later !== undefined && (later.index >= at || term === undefined)) return toRef(later)
  if (term === undefined || configuration === undefined)
    return yield* new Unavailable({ reason: "Joining" })
  const time = view.log.entry(at)?.time ?? view.log.snapshot.time
  const meta: SnapshotMeta = { index: at, term, time, configuration, ...stored }
  yield* take(core, meta, core.view.log.firstIndex)
  return toRef(meta)
})

/** `snapshot` is the latest from now on, and entries before `keepFrom` go: first of the disk. */
const take = (core: Core, snapshot: SnapshotMeta, keepFrom: RaftIndex): Effect.Effect<void> =>
  Effect.suspend(() => {
    const isNew = snapshot !== core.latestSnapshot
    if (!isNew && keepFrom <= core.view.log.firstIndex) return Effect.void
    return Effect.map(Effect.orDie(core.disk.compact(snapshot, keepFrom)), (isNewest) => {
      if (isNewest) core.taken(snapshot, keepFrom)
    })
  })
