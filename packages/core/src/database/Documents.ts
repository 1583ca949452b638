/**
 * Everything that can be asked about documents, without types.
 *
 * A node answers from its own copy (`Database.documents`), a client by asking a node
 * (`Client.documents`). Typed collections stand on either (`Collection.over`).
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { UserOperation } from "@distri/store/command/Command"
import type { Written } from "@distri/store/command/Result"
import type { Explained, Query } from "@distri/store/query/Query"
import type { LogIndex } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import type { ReadError, WatchError, WriteError } from "./DatabaseError.ts"

/**
 * How new a read is.
 *
 * - `linearizable`: it sees every write that was acknowledged to anyone before it began. Asks the
 *   leader, so it fails without one.
 * - `session`: it sees what this caller wrote and read before.
 * - `bounded`: it sees every write that was acknowledged more than `maxLag` before it began. Asks the
 *   leader once in that time, for all who read.
 * - `local`: whatever the node has.
 *
 * @category models
 * @since 0.1.0
 */
export const Consistency = Schema.Literals(["linearizable", "session", "bounded", "local"])
/** @category models */
export type Consistency = typeof Consistency.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface WriteOptions {
  /**
   * Repeats under one key take effect once, and get the first answer. They must be the same: a
   * default of a schema that varies, such as the time, needs the same value. Default: a new one.
   */
  readonly idempotencyKey?: string | undefined
  /** Default 10 s. What is not known by then is `Ambiguous`. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ReadOptions {
  /** Default `linearizable`. */
  readonly consistency?: Consistency | undefined
  /**
   * With `bounded`: how old the answer may be. Default 5 s. A node that has asked the log within this
   * time answers at once. Less means more questions to the leader, and none is older than a question.
   */
  readonly maxLag?: Duration.Input | undefined
  /** Default 10 s. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface PageOptions extends ReadOptions {
  /** Default 100, at most 1,000. A page also ends at 768 KiB, so that it fits into a message. */
  readonly limit?: number | undefined
  /** `next` of the page before, for the same query. */
  readonly cursor?: string | undefined
  /**
   * `live` (default): each page is as new as it can be, from any node. `snapshot`: all pages show
   * the version of the first, which one node keeps for up to 60 s between two pages.
   */
  readonly mode?: "live" | "snapshot" | undefined
}

/** A document with the entry of its last change. @category models @since 0.1.0 */
export interface Found<D = Fields> {
  readonly document: D
  readonly rev: LogIndex
}

/** @category models @since 0.1.0 */
export interface Page<D = Fields> {
  readonly found: ReadonlyArray<Found<D>>
  /** Where the next page begins; absent when there is none. */
  readonly next?: string
  /** The version of the database that was read. */
  readonly version: LogIndex
}

/**
 * A place in the changes of a cloud; the same on every node. As text it is opaque.
 *
 * @category models
 * @since 0.1.0
 */
export const ResumeToken = Schema.String.pipe(Schema.brand("ResumeToken"))
/** @category models */
export type ResumeToken = typeof ResumeToken.Type

/**
 * One thing that happened to what a watch looks at.
 *
 * - `initial`: the document was there at the start (`from: "start"`).
 * - `entered`: it matches now and did not before; `changed`: it matches as it did; `left`: it
 *   matches no longer. `cause` says what happened to the document itself.
 * - `ready`: all of the start was delivered; what follows are changes. Its token resumes from here.
 *
 * `token`: resume after this event. Deliveries repeat at most what came after the last token that
 * the consumer kept.
 *
 * @category models
 * @since 0.1.0
 */
export type ChangeEvent<D = Fields> =
  | (Found<D> & { readonly kind: "initial"; readonly id: string })
  | { readonly kind: "ready"; readonly token: ResumeToken }
  | {
      readonly kind: "entered" | "changed" | "left"
      readonly cause: "added" | "updated" | "deleted" | "expired"
      readonly id: string
      /** The entry of the change. */
      readonly version: LogIndex
      readonly before?: D
      /** Absent when the document is gone. */
      readonly after?: D
      readonly token: ResumeToken
    }

/** @category models @since 0.1.0 */
export interface WatchSpec {
  readonly collection: string
  /** Default: all documents. */
  readonly filter?: Fields | undefined
  /**
   * `start`: the documents as they are, then `ready`, then changes, without a gap. `now` (default):
   * `ready`, then changes. A token: changes after it.
   */
  readonly from?: "start" | "now" | ResumeToken | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Documents<E = never> {
  /** Writes, and succeeds once it took effect. */
  readonly execute: (
    operation: UserOperation,
    options?: WriteOptions
  ) => Effect.Effect<Written, WriteError | E>

  /** One page of a query. */
  readonly read: (query: Query, options?: PageOptions) => Effect.Effect<Page, ReadError | E>

  readonly get: (
    collection: string,
    id: string,
    options?: ReadOptions
  ) => Effect.Effect<Option.Option<Found>, ReadError | E>

  /** How many documents match. */
  readonly count: (
    collection: string,
    filter?: Fields,
    options?: ReadOptions
  ) => Effect.Effect<number, ReadError | E>

  /** How a query is answered, and what that costs on this copy. */
  readonly explain: (query: Query, options?: ReadOptions) => Effect.Effect<Explained, ReadError | E>

  /** What happens to a collection, in the order of the log. Never ends by itself. */
  readonly watch: (spec: WatchSpec) => Stream.Stream<ChangeEvent, WatchError | E>
}
