/**
 * The document database of a cloud, as one node sees it.
 *
 * A write goes into the replicated log and is answered once this node has applied it. A read is
 * answered from this node's copy; `after` makes it wait until the copy is new enough.
 *
 * What a write came to is looked up in the state, under the command's id, and not in a table of
 * callers. So an entry that stands in the log twice, a snapshot that skips it, and a caller that
 * asks again all lead to the same answer.
 *
 * **Gotchas**
 *
 * `Ambiguous` is no failure: the write may have happened. Ask again with the same `id`.
 */
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Halt } from "../Halt.ts"
import type { LogIndex } from "../log/pure/LogIndex.ts"
import { Ambiguous, ReplicatedLog, TooLarge, Unavailable } from "../log/ReplicatedLog.ts"
import { Overloaded } from "../service/Refusal.ts"
import * as Compaction from "./internal/compaction.ts"
import * as Replica from "./internal/replica.ts"
import { check } from "./pure/Checked.ts"
import * as Command from "./pure/Command.ts"
import { recall } from "./pure/Documents.ts"
import * as OrderedMap from "./pure/OrderedMap.ts"
import { WriteRefusal, type Outcome, type Refused, type Written } from "./pure/Outcome.ts"
import * as Page from "./pure/Page.ts"
import * as State from "./pure/State.ts"

/**
 * There is no room for more documents. Nothing was written; deleting still works.
 *
 * @category errors
 * @since 0.1.0
 */
export class DatabaseFull extends Schema.TaggedError<DatabaseFull>()("DatabaseFull", {
  documents: Schema.Natural,
  bytes: Schema.Natural
}) {
  override get message() {
    return `the database is full (${this.documents} documents, ${this.bytes} bytes)`
  }
}

/** Why a write failed. Only `Ambiguous` may have taken effect. @category schemas */
export const WriteError = Schema.Union([
  ...WriteRefusal.members,
  DatabaseFull,
  Overloaded,
  TooLarge,
  Unavailable,
  Ambiguous
])
/** @category models */
export type WriteError = typeof WriteError.Type

/** Why a read failed. @category schemas */
export const ReadError = Schema.Union([...Page.ReadRefusal.members, Unavailable])
/** @category models */
export type ReadError = typeof ReadError.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface WriteOptions {
  /** Repeats under one id take effect once, and get the first answer. Default: a new one. */
  readonly id?: string | undefined
  /** Default 10 s. What is not known by then is `Ambiguous`. */
  readonly deadline?: Duration.Input | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Query extends Page.Query {
  /** Waits until this node has applied this version: what its caller wrote, or has seen. */
  readonly after?: number | undefined
  /** How long to wait for `after`. Default 10 s, then `Unavailable` (`Behind`). */
  readonly deadline?: Duration.Input | undefined
}

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
  /**
   * Entries that are applied before the writer takes a snapshot and trims the log. Default 24 MiB:
   * less than half of what the log retains, since the entries of two snapshots are kept.
   */
  readonly compactAfterBytes?: number | undefined
  /** Soft limits: a write that would add to a full database is refused. Default 1 GiB. */
  readonly maxBytes?: number | undefined
  /** Default 1,000,000. */
  readonly maxDocuments?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Database extends Context.Service<
  Database,
  {
    /** Writes, and succeeds once this node has applied it. */
    readonly execute: (
      op: Command.Operation,
      options?: WriteOptions
    ) => Effect.Effect<Written, WriteError>

    /** One page of a collection, from this node's copy. */
    readonly read: (query: Query) => Effect.Effect<Page.Page, ReadError>

    /** The last applied entry. */
    readonly version: Effect.Effect<LogIndex>

    /**
     * Waits until this node has everything that was acknowledged anywhere before the call. A read
     * `after` the result is linearizable; a node that starts is ready when this first succeeds.
     */
    readonly barrier: Effect.Effect<LogIndex, Unavailable>

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
  const log = yield* ReplicatedLog
  const random = yield* SecureRandom.SecureRandom
  const compaction = yield* Compaction.make(options.compactAfterBytes ?? 24 * mebibyte)
  const copy = yield* Replica.make(compaction.applied)
  const { maxBytes = 1024 * mebibyte, maxDocuments = 1_000_000 } = options

  const write = Effect.fnUntraced(function* (command: Command.Command, deadline: Duration.Input) {
    const { id, op } = command
    const checked = check(command)
    if (checked._tag !== "Checked") return yield* refusal(checked)
    yield* copy.running
    const before = yield* copy.state
    // Answered before: the log need not carry it again.
    const known = recall(before, id, checked.fingerprint)
    if (known !== undefined) return yield* answer(known)
    const { bytes, documents } = before
    const full = documents >= maxDocuments || bytes >= maxBytes
    if (full && growing.includes(op._tag)) return yield* new DatabaseFull({ bytes, documents })

    const index = yield* log.append(yield* encode(command), { id, deadline }).pipe(
      Effect.retry({ while: isWithoutWriter, schedule: waitForWriter(deadline) }),
      Effect.tapErrorTag("Overloaded", () => Effect.andThen(copy.state, compaction.full))
    )
    // It is in the log, so from here on a failure says nothing about the write.
    const after = yield* Effect.mapError(copy.applied(index), () => new Ambiguous({ id }))
    const outcome = recall(after, id, checked.fingerprint)
    return yield* outcome === undefined ? new Ambiguous({ id }) : answer(outcome)
  })

  return Database.of({
    execute: Effect.fn("Database.execute")(function* (op, { deadline = "10 seconds", id } = {}) {
      const known = id ?? (yield* random.ulid)
      const unnamed = op._tag === "AddDocument" && op.newId === undefined
      const named = unnamed ? { ...op, newId: yield* random.ulid } : op
      return yield* Effect.timeoutOrElse(write({ id: known, op: named }, deadline), {
        duration: deadline,
        orElse: () => Effect.fail(new Ambiguous({ id: known }))
      })
    }),
    read: Effect.fn("Database.read")(function* ({ after = 0, deadline = "10 seconds", ...query }) {
      const state = yield* Effect.timeoutOrElse(copy.applied(after), {
        duration: deadline,
        orElse: () => Effect.fail(new Unavailable({ reason: "Behind" }))
      })
      return yield* readPage(state, query)
    }),
    version: Effect.map(copy.state, ({ index }) => index),
    barrier: Effect.gen(function* () {
      yield* copy.running
      const index = yield* log.barrier
      yield* copy.applied(index)
      return index
    }),
    collections: Effect.map(copy.state, collectionInfos),
    digest: Effect.map(copy.state, (state) => ({
      version: state.index,
      digest: State.digest(state)
    }))
  })
})

const encode = (command: Command.Command): Effect.Effect<Uint8Array, TooLarge> => {
  const data = Command.encode(command)
  return data.length > Command.commandMaxBytes
    ? Effect.fail(new TooLarge({ bytes: data.length, maxBytes: Command.commandMaxBytes }))
    : Effect.succeed(data)
}

const readPage = Effect.fnUntraced(function* (state: State.State, query: Page.Query) {
  const reader = Page.read(state, query)
  for (;;) {
    const { done, value } = reader.next()
    if (done !== true) yield* Effect.yieldNow
    else if ("_tag" in value) return yield* readRefusal(value)
    else return value
  }
})

const collectionInfos = ({ collections }: State.State): ReadonlyArray<CollectionInfo> =>
  Array.from(OrderedMap.entries(collections), ([name, { bytes, documents, version }]) => ({
    name,
    documents: OrderedMap.size(documents),
    bytes,
    version
  }))

const mebibyte = 1024 * 1024

/**
 * A writer that starts, or is connected again, is worth a short wait, since nothing is in the log
 * yet: half of the caller's time, at most 3 s, so that the caller still gets the true reason.
 */
const waitForWriter = (deadline: Duration.Input) =>
  Schedule.exponential("50 millis").pipe(
    Schedule.jittered,
    Schedule.upTo({ duration: Math.min(Duration.toMillis(deadline) / 2, 3000) })
  )

const isWithoutWriter = (error: WriteError) =>
  error._tag === "Unavailable" && error.reason === "NoLeader"

const growing: ReadonlyArray<string> = ["CreateCollection", "AddDocument", "UpdateDocument"]

const toWriteRefusal = Schema.decodeSync(WriteRefusal)
const toReadRefusal = Schema.decodeSync(Page.ReadRefusal)

const refusal = (refused: Refused) => Effect.fail(toWriteRefusal(refused))
const readRefusal = (refused: Page.Refused) => Effect.fail(toReadRefusal(refused))

const answer = (outcome: Outcome) =>
  outcome._tag === "Written" ? Effect.succeed(outcome) : refusal(outcome)
