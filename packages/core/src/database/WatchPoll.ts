/**
 * One round of a watch from afar: what happened after a place, or nothing after a while.
 *
 * A round leaves nothing behind on the node that answers it, so the next one may go to any other,
 * and a watcher that does not ask costs nobody anything.
 */
import * as Schema from "effect/Schema"
import { FieldsSchema, FilterSchema } from "@distri/store/command/Command"
import { pageMax } from "@distri/store/command/Limits"
import { LogIndex } from "@distri/store/value/LogIndex"
import { ResumeToken } from "./Documents.ts"

/**
 * How long a round waits at most, in ms. Less than the time after which a connection or a proxy
 * between the two would look idle.
 *
 * @category configuration
 * @since 0.1.0
 */
export const waitMaxMs = 20_000

/**
 * - `after`: a token, or the version of a read of this collection. Absent: from now on. A version
 *   counts in `log`; without one, in the log that the caller has seen last.
 * - `limit`: events of one answer, default and at most 1,000. They also end at about 768 KiB.
 * - `waitMs`: how long to wait for something to happen, at most 20 s. Default: not at all.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WatchPoll = Schema.Struct({
  collection: Schema.String,
  filter: Schema.optionalKey(FilterSchema),
  after: Schema.optionalKey(
    Schema.Union([
      ResumeToken,
      Schema.Struct({ version: LogIndex, log: Schema.optionalKey(Schema.String) })
    ])
  ),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: pageMax }))),
  waitMs: Schema.optionalKey(Schema.Natural)
})
/** @category models */
export type WatchPoll = typeof WatchPoll.Type

/** See `ChangeEvent`. @category schemas @since 0.1.0 */
export const WatchedChange = Schema.Struct({
  kind: Schema.Literals(["entered", "changed", "left"]),
  cause: Schema.Literals(["added", "updated", "deleted", "expired"]),
  id: Schema.String,
  version: LogIndex,
  before: Schema.optionalKey(FieldsSchema),
  after: Schema.optionalKey(FieldsSchema),
  token: ResumeToken
})
/** @category models */
export type WatchedChange = typeof WatchedChange.Type

/**
 * - `node`: who answered. The next round may wait there.
 * - `start`: the place that was asked for. `token`: the place after everything that was looked at;
 *   it goes on also when nothing was seen.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WatchReply = Schema.Struct({
  node: Schema.String,
  start: ResumeToken,
  events: Schema.Array(WatchedChange),
  token: ResumeToken
})
/** @category models */
export type WatchReply = typeof WatchReply.Type
