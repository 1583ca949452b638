/** What a read asks for, and what it gives. */
import * as Schema from "effect/Schema"
import { FilterSchema } from "../command/Command.ts"
import type { Stored } from "../state/State.ts"
import type { LogIndex } from "../value/LogIndex.ts"
import type { Fields, Value } from "../value/Value.ts"

/**
 * - `filter`: default all documents.
 * - `sort`: up to eight paths, each `1` (ascending) or `-1`; `_id` decides between equals, in the
 *   direction of the last path. Default by `_id`.
 * - `projection`: paths to keep, or paths to leave out; `_id` always stays.
 *
 * @category schemas
 */
export const Query = Schema.Struct({
  collection: Schema.String,
  filter: Schema.optionalKey(FilterSchema),
  sort: Schema.optionalKey(Schema.Array(Schema.Tuple([Schema.String, Schema.Literals([1, -1])]))),
  projection: Schema.optionalKey(
    Schema.Union([
      Schema.Struct({ include: Schema.Array(Schema.String) }),
      Schema.Struct({ exclude: Schema.Array(Schema.String) })
    ])
  )
})
/** @category models */
export type Query = typeof Query.Type

/**
 * Where a page ended: the sort values and the id of its last document. It names no offset, so
 * documents that come and go between two pages neither repeat nor hide others.
 *
 * @category models
 */
export interface Position {
  readonly values: ReadonlyArray<Value>
  readonly id: string
}

/** What a cursor must hold for the next page to be of the same query. @category models */
export interface Resume {
  readonly uid: LogIndex
  /** Fingerprint of sort, filter and projection. */
  readonly query: number
  readonly position: Position
}

/** @category models */
export interface Page {
  /** The documents, projected, each with its revision. */
  readonly found: ReadonlyArray<{ readonly document: Fields; readonly rev: LogIndex }>
  /** Absent when there is no more. */
  readonly next?: Resume
}

/**
 * How a query is answered.
 *
 * - `index`: its name; `_id` for the primary one.
 * - `bounds`: readable, one for each stretch of the index that is read.
 * - `sorted`: documents come in the order of the sort by themselves.
 *
 * @category models
 */
export const Plan = Schema.Struct({
  _tag: Schema.Literals(["Primary", "Index", "Scan", "Nothing"]),
  index: Schema.optionalKey(Schema.String),
  bounds: Schema.Array(Schema.String),
  sorted: Schema.Boolean
})
/** @category models */
export type Plan = typeof Plan.Type

/** A plan, and the documents it looked at and found. @category models */
export const Explained = Schema.Struct({
  ...Plan.fields,
  scanned: Schema.Natural,
  matched: Schema.Natural
})
/** @category models */
export type Explained = typeof Explained.Type

/** @category models */
export type { Stored }
