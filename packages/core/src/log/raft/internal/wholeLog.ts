import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import {
  Ambiguous,
  type Compacted,
  entryMaxBytes,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogRegressed,
  type ReplicatedLog,
  type SnapshotRef,
  Unavailable,
  type WrongCluster
} from "../../ReplicatedLog.ts"
import { nodeOf } from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import type { Hearsay } from "./joining.ts"
import { compacted } from "./localLog.ts"
import type { Place, Remote } from "./remote.ts"

type Log = ReplicatedLog["Service"]
type EntriesError = Compacted | LogRegressed | WrongCluster | Unavailable

/** A member that hears no leader looks elsewhere after so long. */
const localMax = "1 second"
const againAfter = "200 millis"
const deadlineDefault = "10 seconds"

interface Options {
  readonly id: string
  readonly local: Log
  readonly remote: Remote
  readonly core: () => Core | undefined
  readonly hearsay: () => Hearsay
  readonly isClosed: () => boolean
  /** Waits until there is a core, or it is closed. */
  readonly begun: Effect.Effect<void>
  readonly random: typeof Random.Random.Service
}

/**
 * The log as the database of this node sees it: what this node has or may decide by itself, and what
 * others have to be asked for.
 */
export const make = (options: Options): Log => {
  const { local, remote } = options
  return {
    ...local,
    append: append(options),
    barrier: barrier(options),
    entries: (from) =>
      Stream.paginate(from, (index) =>
        Effect.map(batch(options, index), (entries) => [
          entries,
          Option.some((index + entries.length) as LogIndex)
        ])
      ),
    snapshots: {
      ...local.snapshots,
      latest: latest(options),
      read: (ref, offset = 0) =>
        local.snapshots.read(ref, offset).pipe(
          Stream.catchTag("Unavailable", (error) => {
            const place = source(options)
            return error.reason === "SnapshotGone" && place !== undefined
              ? remote.snapshot(place, ref, offset, undefined)
              : Stream.fail(error)
          })
        )
    }
  }
}

/** The node that leads, by this node's own log or by what others say. */
const leader = ({ core, hearsay, id }: Options): Place | undefined => {
  const found = core()
  if (found === undefined) return undefined
  const own = found.follows ? found.view.leader : undefined
  const node = own === undefined ? hearsay().leader : nodeOf(own)
  return node === undefined || node === nodeOf(id) ? undefined : { node, log: found.log as LogId }
}

/** Any other node that has the log. */
const source = ({ core, hearsay, id, random }: Options): Place | undefined => {
  const found = core()
  const nodes = hearsay()
    .members.map(nodeOf)
    .filter((node) => node !== nodeOf(id))
  if (found === undefined || nodes.length === 0) return undefined
  const node = nodes[Math.floor(random.nextDoubleUnsafe() * nodes.length)]!
  return { node, log: found.log as LogId }
}

const append =
  (options: Options): Log["append"] =>
  (data, { deadline = deadlineDefault, id }) =>
    Effect.suspend(() => {
      const { core, isClosed, local } = options
      const found = core()
      // What no log takes is refused here, whoever leads or does not.
      const isHere = found?.leads === true || isClosed() || data.length > entryMaxBytes
      if (isHere) return local.append(data, { id, deadline })
      const place = leader(options)
      if (found === undefined || place === undefined)
        return Effect.fail(
          new Unavailable({ reason: found === undefined ? "Joining" : "NoLeader" })
        )
      // A leader that stands still would not answer; with its successor nobody need wait for it.
      return Effect.raceFirst(
        options.remote.append(place, data, { id, deadline }),
        Effect.andThen(found.leaderChanged, Effect.fail(new Ambiguous({ id })))
      )
    })

const barrier = (options: Options): Log["barrier"] =>
  Effect.suspend(() => {
    const { core, isClosed, local, remote } = options
    const found = core()
    if (found === undefined || found.follows || isClosed()) return local.barrier
    const place = leader(options) ?? source(options)
    const noLeader = Effect.fail(new Unavailable({ reason: "NoLeader" }))
    return place === undefined
      ? noLeader
      : Effect.raceFirst(remote.barrier(place), Effect.andThen(found.leaderChanged, noLeader))
  })

/** Some entries from `from` on, of this node or, where it is no member, of another one. */
const batch = (
  options: Options,
  from: LogIndex
): Effect.Effect<ReadonlyArray<LogEntry>, EntriesError> =>
  Effect.suspend((): Effect.Effect<ReadonlyArray<LogEntry>, EntriesError> => {
    const { begun, core, isClosed, remote } = options
    if (isClosed()) return Effect.fail(new Unavailable({ reason: "Stopping" }))
    const found = core()
    const again = batch(options, from)
    if (found === undefined) return Effect.andThen(begun, again)
    const { follows, latestSnapshot, published } = found
    if (from <= published.last) {
      if (from >= published.first) return Effect.succeed(published.from(from))
      if (latestSnapshot !== undefined) return Effect.fail(compacted(found))
    }
    const place = follows ? undefined : source(options)
    if (place === undefined) {
      const here = Effect.timeoutOption(published.changed, follows ? localMax : againAfter)
      return Effect.andThen(here, again)
    }
    return remote.entries(place, from).pipe(
      Effect.catchTag(["LinkFailed", "Unavailable"], () => Effect.as(Effect.sleep(againAfter), [])),
      // It may have become a member meanwhile.
      Effect.raceFirst(Effect.as(published.changed, [])),
      Effect.flatMap((entries) => {
        // What came of a log that was given up meanwhile is nothing to this node.
        if (entries.length === 0 || core() !== found) return again
        found.copied()
        return Effect.succeed(entries)
      })
    )
  })

const latest = (options: Options): Log["snapshots"]["latest"] =>
  Effect.flatMap(options.local.snapshots.latest, (own) => {
    const { core, remote } = options
    const found = core()
    const place = source(options)
    if (found?.follows !== false || place === undefined) return Effect.succeed(own)
    return Effect.flatMap(remote.latest(place), (theirs) => {
      if (core() !== found) return Effect.fail(new Unavailable({ reason: "NoLeader" }))
      if (Option.isSome(theirs)) found.copied()
      return Effect.succeed(newer(own, theirs))
    })
  })

const newer = (
  own: Option.Option<SnapshotRef>,
  theirs: Option.Option<SnapshotRef>
): Option.Option<SnapshotRef> => {
  if (Option.isNone(own)) return theirs
  return Option.isSome(theirs) && theirs.value.index > own.value.index ? theirs : own
}
