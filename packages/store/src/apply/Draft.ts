/**
 * An entry at work: the state so far, and what was changed in it.
 *
 * A draft is thrown away when its command is refused, so an operation may be half done when it
 * finds out. It need not look ahead.
 *
 * **Gotchas**
 *
 * Under `edit` trees are changed in place, those of earlier drafts of the same edit included. An
 * operation that can be refused after it changed something calls `protect` before.
 */
import type { OperationRefused } from "../command/Refusal.ts"
import type { Written } from "../command/Result.ts"
import { invariant } from "../invariant.ts"
import type { Collection, State, Stored } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import { next, type LogIndex, type LogTime } from "../value/LogIndex.ts"
import type { Change, Dropped } from "../watch/Change.ts"

/** @category models */
export interface Draft {
  state: State
  edit: Tree.Edit
  readonly changes: Array<Change | Dropped>
}

/** What one operation came to. @category models */
export type Outcome = Written | OperationRefused

/** A draft of the entry right after `state`. @category constructors */
export const make = (
  state: State,
  { index, time }: { readonly index: LogIndex; readonly time: LogTime },
  edit: Tree.Edit
): Draft => {
  invariant(index === next(state.index), "ST4: entries are applied in order, without gaps")
  invariant(time >= state.time, "ST4: the time of the log never goes back")
  return { state: { ...state, index, time }, edit, changes: [] }
}

/** What was made so far stays as it is, whatever comes of this draft. @category combinators */
export const protect = (draft: Draft): void => {
  draft.edit = Tree.makeEdit()
}

/** @category getters */
export const collection = ({ state }: Draft, name: string): Collection | undefined =>
  Tree.get(state.collections, name)

/** Puts `changed` in the place of `before`. @category combinators */
export const keep = (draft: Draft, before: Collection | undefined, changed: Collection): void => {
  const { edit, state } = draft
  const dated = { ...changed, version: state.index }
  draft.state = {
    ...state,
    collections: Tree.set(state.collections, changed.name, dated, edit),
    documents: state.documents + changed.documents.size - (before?.documents.size ?? 0),
    bytes: state.bytes + changed.bytes - (before?.bytes ?? 0)
  }
}

/** Takes a collection away, with all that is in it. @category combinators */
export const drop = (draft: Draft, { bytes, documents, name, uid }: Collection): void => {
  const { changes, edit, state } = draft
  draft.state = {
    ...state,
    collections: Tree.remove(state.collections, name, edit),
    documents: state.documents - documents.size,
    bytes: state.bytes - bytes
  }
  changes.push({ index: state.index, op: changes.length, collection: name, uid, kind: "dropped" })
}

/** Notes what was done to one document. @category combinators */
export const note = (
  { changes, state: { index } }: Draft,
  { name, uid }: Collection,
  change: Pick<Change, "kind" | "before" | "after">
): void => {
  const { _id: id } = ((change.after ?? change.before) as Stored).document
  changes.push({
    index,
    op: changes.length,
    collection: name,
    uid,
    id,
    ...change
  })
}

/** @category constructors */
export const written = (
  { state: { index } }: Draft,
  matched: number,
  modified: number,
  id?: string
): Written =>
  id === undefined
    ? { _tag: "Written", version: index, matched, modified }
    : { _tag: "Written", version: index, matched, modified, id }

/** @category constructors */
export const noCollection = (name: string): OperationRefused => ({
  _tag: "CollectionNotFound",
  collection: name
})
