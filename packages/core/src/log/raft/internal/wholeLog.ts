import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import {
  Ambiguous,
  type Compacted,
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

/**
 * The log as the database of this node sees it: what this node has or may decide by itself, and what
 * others have to be asked for.
 */
export const make = (options: {
  readonly id: string
  readonly local: Log
  readonly remote: Remote
  readonly core: () => Core | undefined
  readonly hearsay: () => Hearsay
  readonly isClosed: () => boolean
  readonly begun: Deferred.Deferred<void>
  readonly random: typeof Random.Random.Service
}): Log => {
  const { begun, core, hearsay, id, isClosed, local, random, remote } = options
  const stopping = Effect.fail(new Unavailable({ reason: "Stopping" }))

  /** The node that leads, by this node's own log or by what others say. */
  const leader = (): Place | undefined => {
    const found = core()
    if (found === undefined) return undefined
    const own = found.view.leader
    const node = own === undefined ? hearsay().leader : nodeOf(own)
    return node === undefined || node === nodeOf(id) ? undefined : { node, log: found.log as LogId }
  }

  /** Any other node that has the log. */
  const source = (): Place | undefined => {
    const found = core()
    const nodes = hearsay()
      .members.map(nodeOf)
      .filter((node) => node !== nodeOf(id))
    if (found === undefined || nodes.length === 0) return undefined
    const node = nodes[Math.floor(random.nextDoubleUnsafe() * nodes.length)]!
    return { node, log: found.log as LogId }
  }

  const append: Log["append"] = (data, { deadline = deadlineDefault, id: name }) =>
    Effect.suspend(() => {
      if (core()?.leads === true || isClosed()) return local.append(data, { id: name, deadline })
      const place = leader()
      return place === undefined
        ? Effect.fail(new Unavailable({ reason: core() === undefined ? "Joining" : "NoLeader" }))
        : forward(place, data, name, deadline)
    })

  /** A leader that stands still would not answer; with its successor nobody need wait for it. */
  const forward = (place: Place, data: Uint8Array, name: string, deadline: Duration.Input) =>
    Effect.raceFirst(
      remote.append(place, data, { id: name, deadline }),
      Effect.andThen(core()!.leaderChanged, Effect.fail(new Ambiguous({ id: name })))
    )

  const barrier: Log["barrier"] = Effect.suspend(() => {
    if (core()?.follows !== false || isClosed()) return local.barrier
    const place = leader() ?? source()
    return place === undefined
      ? Effect.fail(new Unavailable({ reason: "NoLeader" }))
      : Effect.raceFirst(
          remote.barrier(place),
          Effect.andThen(
            core()!.leaderChanged,
            Effect.fail(new Unavailable({ reason: "NoLeader" }))
          )
        )
  })

  const batch = (from: LogIndex): Effect.Effect<ReadonlyArray<LogEntry>, EntriesError> =>
    Effect.suspend((): Effect.Effect<ReadonlyArray<LogEntry>, EntriesError> => {
      if (isClosed()) return stopping
      const found = core()
      if (found === undefined) return Effect.andThen(Deferred.await(begun), batch(from))
      const { follows, latestSnapshot, published } = found
      if (from <= published.last) {
        if (from >= published.first) return Effect.succeed(published.from(from))
        if (latestSnapshot !== undefined) return Effect.fail(compacted(found))
      }
      const here = Effect.timeoutOption(published.changed, localMax)
      if (follows) return Effect.andThen(here, batch(from))
      const place = source()
      if (place === undefined)
        return Effect.andThen(Effect.timeoutOption(published.changed, againAfter), batch(from))
      return remote.entries(place, from).pipe(
        Effect.catchTag(["LinkFailed", "Unavailable"], () =>
          Effect.as(Effect.sleep(againAfter), [])
        ),
        // It may have become a member meanwhile.
        Effect.raceFirst(Effect.as(published.changed, [])),
        Effect.flatMap((entries) => (entries.length === 0 ? batch(from) : Effect.succeed(entries)))
      )
    })

  const latest: Log["snapshots"]["latest"] = Effect.flatMap(local.snapshots.latest, (own) => {
    const place = source()
    if (core()?.follows !== false || place === undefined) return Effect.succeed(own)
    return Effect.map(remote.latest(place), (theirs) => newer(own, theirs))
  })

  return {
    ...local,
    append,
    barrier,
    entries: (from) =>
      Stream.paginate(from, (index) =>
        Effect.map(batch(index), (entries) => [
          entries,
          Option.some((index + entries.length) as LogIndex)
        ])
      ),
    snapshots: {
      ...local.snapshots,
      latest,
      read: (ref, offset = 0) =>
        local.snapshots.read(ref, offset).pipe(
          Stream.catchTag("Unavailable", (error) => {
            const place = source()
            return error.reason === "SnapshotGone" && place !== undefined
              ? remote.snapshot(place, ref, offset, undefined)
              : Stream.fail(error)
          })
        )
    }
  }
}

const newer = (
  own: Option.Option<SnapshotRef>,
  theirs: Option.Option<SnapshotRef>
): Option.Option<SnapshotRef> => {
  if (Option.isNone(own)) return theirs
  return Option.isSome(theirs) && theirs.value.index > own.value.index ? theirs : own
}
