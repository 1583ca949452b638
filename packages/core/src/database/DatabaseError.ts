/** Why a write, a read or a watch fails. */
import * as Schema from "effect/Schema"
import {
  CollectionNotFound,
  FilterError,
  ReadRefusal,
  Refusal
} from "@distri/store/command/Refusal"
import { Ambiguous, TooLarge, Unavailable } from "../log/ReplicatedLog.ts"
import { Overloaded } from "../service/Refusal.ts"

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

/**
 * A snapshot cursor is gone: its node stopped, or it was not used for 60 s, or it rested
 * when another needed its room. Read from the start.
 *
 * @category errors
 * @since 0.1.0
 */
export class CursorExpired extends Schema.TaggedError<CursorExpired>()("CursorExpired", {}) {
  override get message() {
    return "the snapshot of this cursor is gone; read from the start"
  }
}

/**
 * A snapshot cursor belongs to the node at `home`: ask that one.
 *
 * @category errors
 * @since 0.1.0
 */
export class CursorElsewhere extends Schema.TaggedError<CursorElsewhere>()("CursorElsewhere", {
  home: Schema.String
}) {
  override get message() {
    return `the snapshot of this cursor is kept by ${this.home}; ask that node`
  }
}

/**
 * No node remembers the changes since the token; the oldest that this one has come after `oldest`.
 * Watch from the start.
 *
 * @category errors
 * @since 0.1.0
 */
export class ResumeExpired extends Schema.TaggedError<ResumeExpired>()("ResumeExpired", {
  oldest: Schema.Natural
}) {
  override get message() {
    return `changes are remembered from version ${this.oldest} on, which is after the token; watch from "start"`
  }
}

/** The token is no token, or of another cloud or collection. @category errors @since 0.1.0 */
export class ResumeInvalid extends Schema.TaggedError<ResumeInvalid>()("ResumeInvalid", {}) {
  override get message() {
    return "the token does not belong to this collection of this cloud; watch from the start"
  }
}

/**
 * The watcher was slower than the changes, and some that it had not read are forgotten. `resume`
 * is where it stood: another node may remember more.
 *
 * @category errors
 * @since 0.1.0
 */
export class SlowConsumer extends Schema.TaggedError<SlowConsumer>()("SlowConsumer", {
  resume: Schema.String
}) {
  override get message() {
    return "the watcher fell behind the changes that are remembered"
  }
}

/** The collection is gone; one of the same name is another. @category errors @since 0.1.0 */
export class CollectionDropped extends Schema.TaggedError<CollectionDropped>()(
  "CollectionDropped",
  { collection: Schema.String }
) {
  override get message() {
    return `the collection "${this.collection}" was deleted`
  }
}

/** Why a write failed. Only `Ambiguous` may have taken effect. @category schemas @since 0.1.0 */
export const WriteError = Schema.Union([
  ...Refusal.members,
  DatabaseFull,
  Overloaded,
  TooLarge,
  Unavailable,
  Ambiguous
])
/** @category models */
export type WriteError = typeof WriteError.Type

/** Why a read failed. @category schemas @since 0.1.0 */
export const ReadError = Schema.Union([
  ...ReadRefusal.members,
  CursorExpired,
  CursorElsewhere,
  Overloaded,
  Unavailable
])
/** @category models */
export type ReadError = typeof ReadError.Type

/** Why a watch ended. @category schemas @since 0.1.0 */
export const WatchError = Schema.Union([
  CollectionNotFound,
  FilterError,
  ResumeExpired,
  ResumeInvalid,
  SlowConsumer,
  CollectionDropped,
  CursorExpired,
  Overloaded,
  Unavailable
])
/** @category models */
export type WatchError = typeof WatchError.Type
