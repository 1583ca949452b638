/**
 * The document database of a cloud, as one node sees it.
 *
 * A write goes into the replicated log and is answered once this node has applied it. A read is
 * answered from this node's copy, which first becomes as new as the read asks for.
 *
 * What the documents are and what a command does to them is decided in `@distri/store`, a pure
 * state machine; here is what surrounds it: proposing, waiting, watching, snapshots.
 *
 * **Gotchas**
 *
 * `Ambiguous` is no failure: the write may have happened. Ask again with the same key.
 */
import * as Context from "effect/Context"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Written } from "@distri/store/command/Result"
import { digest } from "@distri/store/state/Digest"
import type { State } from "@distri/store/state/State"
import * as Tree from "@distri/store/tree/Tree"
import type { LogIndex } from "@distri/store/value/LogIndex"
import type { Change, Dropped } from "@distri/store/watch/Change"
import type { Halt } from "../Halt.ts"
import { ReplicatedLog, type Unavailable } from "../log/ReplicatedLog.ts"
import type { WatchError, WriteError } from "./DatabaseError.ts"
import type { Documents } from "./Documents.ts"
import * as Changes from "./internal/changes.ts"
import * as Compaction from "./internal/compaction.ts"
import * as Maintenance from "./internal/maintenance.ts"
import * as Pins from "./internal/pins.ts"
import * as Reading from "./internal/reading.ts"
import * as Replica from "./internal/replica.ts"
import * as Watch from "./internal/watch.ts"
import * as Writing from "./internal/writing.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CollectionInfo {
  readonly name: string
  readonly documents: number
  readonly bytes: number
  /** The version of its last change. */
  readonly version: LogIndex
}

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** Names this node in the cursors of the snapshots that it keeps. Default: `local`. */
  readonly home?: string | undefined
  /**
   * Entries that are applied before this node takes a snapshot and trims its log. Default 24 MiB:
   * less than half of what the log retains, since the entries of two snapshots are kept. On a disk
   * it also does so each 128 MiB of the disk.
   */
  readonly compactAfterBytes?: number | undefined
  /** Soft limits: a write that would add to a full database is refused. Default 1 GiB. */
  readonly maxBytes?: number | undefined
  /** Default 1,000,000. */
  readonly maxDocuments?: number | undefined
  /** Of results that sessions have not acknowledged. Default 64 MiB. */
  readonly maxResultBytes?: number | undefined
  /** Changes that this node remembers for watchers. Default 100,000, and at most 64 MiB. */
  readonly changesMax?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Database extends Context.Service<
  Database,
  {
    /** Everything about documents, on this node's copy. */
    readonly documents: Documents

    /**
     * As `documents.execute`, for a caller who can ask another node under the same key. Once a write
     * is in doubt and this node has no leader, it is `Ambiguous` soon, and not only when its time is
     * over.
     */
    readonly executeFromAfar: Documents["execute"]

    /** Opens a session for a caller from afar; under the same id, the same one. Default 10 s. */
    readonly openSession: (
      id?: string,
      timeout?: Duration.Input
    ) => Effect.Effect<string, WriteError>

    /**
     * Writes of users, each encoded as `CommandCodec` does and numbered by its caller in a session:
     * it takes effect once, and always gets the same answer. All are proposed at once, and none waits
     * for another; the answers are in the order of the commands. In doubt as `executeFromAfar`.
     */
    readonly executeAll: (
      commands: ReadonlyArray<Uint8Array>,
      timeout: Duration.Input
    ) => Effect.Effect<ReadonlyArray<Result.Result<Written, WriteError>>, WriteError>

    /** One round of a watch from afar: what happened after a place, or nothing after a while. */
    readonly poll: (request: Watch.Poll) => Effect.Effect<Watch.Polled, WatchError>

    /** The whole database as it is now, in the format of snapshots. */
    readonly backup: Stream.Stream<Uint8Array, Unavailable>

    /** The last applied entry. */
    readonly version: Effect.Effect<LogIndex>

    /**
     * Waits until this node has everything that was acknowledged anywhere before the call. A node
     * that starts is ready when this first succeeds.
     */
    readonly barrier: Effect.Effect<LogIndex, Unavailable>

    /** Fails once this node's copy has stopped for good: it serves local reads and nothing else. */
    readonly running: Effect.Effect<void, Unavailable>

    readonly collections: Effect.Effect<ReadonlyArray<CollectionInfo>>

    /** Equal on all nodes at the same version; if not, they have diverged. */
    readonly digest: Effect.Effect<{ readonly version: LogIndex; readonly digest: string }>
  }
>()("@distri/core/database/Database") {
  static readonly layer = (
    options: Options = {}
  ): Layer.Layer<Database, never, ReplicatedLog | Halt | SecureRandom.SecureRandom> =>
    Layer.effect(Database, make(options))
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { changesMax, home = "local" } = options
  const {
    maxBytes = 1024 * mebibyte,
    maxDocuments = 1_000_000,
    maxResultBytes = 64 * mebibyte
  } = options
  const log = yield* ReplicatedLog
  const { cluster } = log.info
  const changes = yield* Changes.make({ changesMax })
  const compaction = yield* Compaction.make(options.compactAfterBytes ?? 24 * mebibyte)
  const pins = Pins.make()
  const listener = {
    push: (index: LogIndex, some: ReadonlyArray<Change | Dropped>) => {
      changes.push(index, some)
      pins.push(some)
    },
    reset: (index: LogIndex) => {
      compaction.restored(index)
      changes.reset(index)
      pins.clear()
    }
  }
  const copy = yield* Replica.make(listener, compaction.applied)
  const reading = yield* Reading.make(copy, pins, home)
  const writing = yield* Writing.make(copy, { maxBytes, maxDocuments, maxResultBytes })
  const watching = yield* Watch.make({ ...reading, changes, copy, home })
  yield* Effect.forkScoped(compaction.whenFull(copy.state))
  yield* Maintenance.run(copy, reading.sweep)

  return Database.of({
    documents: {
      execute: writing.execute,
      read: reading.read,
      get: reading.get,
      count: reading.count,
      explain: reading.explain,
      watch: watching.watch
    },
    executeFromAfar: writing.executeFromAfar,
    executeAll: writing.executeAll,
    openSession: writing.openSession,
    poll: watching.poll,
    backup: Stream.unwrap(
      Effect.map(Effect.andThen(reading.barrier, copy.state), (state) =>
        Compaction.pieces(state, { cluster, term: 0, members: [] })
      )
    ),
    version: Effect.map(copy.state, ({ index }) => index),
    barrier: reading.barrier,
    running: copy.running,
    collections: Effect.map(copy.state, collectionInfos),
    digest: Effect.map(copy.state, (state) => ({ version: state.index, digest: digest(state) }))
  })
})

const collectionInfos = ({ collections }: State): ReadonlyArray<CollectionInfo> =>
  Array.from(Tree.entries(collections), ([name, { bytes, documents, version }]) => ({
    name,
    documents: documents.size,
    bytes,
    version
  }))

const mebibyte = 1024 * 1024
