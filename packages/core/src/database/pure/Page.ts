/**
 * Reads a collection page by page, in the order of `_id`.
 *
 * A cursor names the last document of its page, not how many came before: documents that are added
 * or deleted between two pages neither repeat nor hide others.
 */
import * as Schema from "effect/Schema"
import type { LogIndex } from "../../log/pure/LogIndex.ts"
import { checkFilter } from "./Checked.ts"
import type { Document, Filter } from "./Command.ts"
import { scan } from "./Documents.ts"
import * as Fingerprint from "./Fingerprint.ts"
import * as OrderedMap from "./OrderedMap.ts"
import { CollectionNotFound, InvalidOperation } from "./Outcome.ts"
import type { State } from "./State.ts"

/** @category models */
export interface Query {
  readonly collection: string
  /** Default: all documents. */
  readonly filter?: Filter | undefined
  /** Default 100, at most 1,000. A page also ends at 768 KiB, so that it fits into a message. */
  readonly limit?: number | undefined
  /** `next` of the page before, for the same collection and filter. */
  readonly cursor?: string | undefined
}

/** @category models */
export interface Page {
  readonly documents: ReadonlyArray<Document>
  /** Where the next page begins; absent when there is none. */
  readonly next?: string
  /** The version of the database that was read. */
  readonly version: LogIndex
}

/**
 * The cursor is of another query, or of a collection that was deleted since. Read from the start.
 *
 * @category errors
 * @since 0.1.0
 */
export class CursorInvalid extends Schema.TaggedError<CursorInvalid>()("CursorInvalid", {}) {
  override get message() {
    return "the cursor does not belong to this query; read from the start"
  }
}

/** @category schemas */
export const ReadRefusal = Schema.Union([CollectionNotFound, InvalidOperation, CursorInvalid])
/** @category models */
export type Refused = typeof ReadRefusal.Encoded

/** @category configuration */
export const limitDefault = 100
/** @category configuration */
export const limitMax = 1000

const pageMaxBytes = 768 * 1024

/** How many documents are looked at before the reader lets others run. */
const stepMax = 1000

const Cursor = Schema.fromJsonString(Schema.Tuple([Schema.Int, Schema.Int, Schema.String]))
const decodeCursor = Schema.decodeUnknownResult(Cursor)

/**
 * Reads one page of `state`. Yields between stretches of work, and returns the page.
 *
 * @category getters
 */
export function* read(state: State, query: Query): Generator<void, Page | Refused> {
  const { collection: name, cursor, filter = {}, limit = limitDefault } = query
  const collection = OrderedMap.get(state.collections, name)
  if (collection === undefined) return { _tag: "CollectionNotFound", collection: name }
  const text = checkFilter(filter)
  if (text._tag !== "Text") return { _tag: "InvalidOperation", issue: issueOf(text) }
  const print = Fingerprint.of(text.text)
  const from = cursor === undefined ? undefined : decodeCursor(cursor)
  if (from !== undefined) {
    const fits =
      from._tag === "Success" && from.success[0] === collection.uid && from.success[1] === print
    if (!fits) return { _tag: "CursorInvalid" }
  }
  const after = from?._tag === "Success" ? from.success[2] : undefined

  const documents: Array<Document> = []
  let bytes = 0
  let steps = 0
  const version = state.index
  for (const stored of scan(collection, filter, after)) {
    steps += 1
    if (steps % stepMax === 0) yield
    if (stored === undefined) continue
    const full =
      documents.length >= Math.min(limit, limitMax) || bytes + stored.bytes > pageMaxBytes
    if (full && documents.length > 0) {
      const last = documents.at(-1)!["_id"] as string
      return { documents, next: JSON.stringify([collection.uid, print, last]), version }
    }
    bytes += stored.bytes
    documents.push(stored.document)
  }
  return { documents, version }
}

const issueOf = (refused: { readonly _tag: string }) =>
  "issue" in refused ? String(refused.issue) : refused._tag
