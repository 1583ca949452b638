/**
 * Applies the entries of the log to the database: a pure function, so that every node which applies
 * the same entries has the same documents, the same results and the same changes.
 *
 * It never throws for what a command says. What cannot be done is a result as well, and it changes
 * nothing but the version and what its sender is answered.
 */
import { checkOutside, checkSender } from "../command/Checked.ts"
import type { Command, Sender } from "../command/Command.ts"
import type { Result } from "../command/Result.ts"
import { InvariantViolation } from "../invariant.ts"
import type { State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import type { LogIndex, LogTime } from "../value/LogIndex.ts"
import type { Change, Dropped } from "../watch/Change.ts"
import * as Draft from "./Draft.ts"
import { recall, refusal, remember } from "./exactlyOnce.ts"
import { expireDocuments } from "./expiry.ts"
import { batch, single } from "./operations.ts"
import * as sessions from "./sessions.ts"

/** @category models @since 0.1.0 */
export interface Entry {
  readonly index: LogIndex
  readonly time: LogTime
  /** None: the entry belongs to the log itself, and only moves the version. */
  readonly command?: Command | undefined
}

/** What an entry did, and what its sender is told. @category models @since 0.1.0 */
export interface Effects {
  readonly result?: Result | undefined
  /** In order; the `op` of each is its place here. */
  readonly changes: ReadonlyArray<Change | Dropped>
  /** What was thrown, for the node to report: only with `ApplyFailed`, and no part of the state. */
  readonly defect?: unknown
}

/** @category models @since 0.1.0 */
export interface Applied extends Effects {
  /** A new root; the old one stays as it was. */
  readonly state: State
}

/**
 * The state after `entry`, which comes right after the last applied one.
 *
 * @category combinators
 * @since 0.1.0
 */
export const apply = (before: State, entry: Entry): Applied => {
  const edit = Tree.makeEdit()
  try {
    return step(before, entry, edit)
  } catch (defect) {
    stopOn(defect)
    return failed(before, entry, defect)
  }
}

/**
 * As `apply` for one entry after the other, but copies a node of a tree once for all of them.
 *
 * @category combinators
 * @since 0.1.0
 */
export const applyBatch = (
  before: State,
  entries: ReadonlyArray<Entry>
): { readonly state: State; readonly applied: ReadonlyArray<Effects> } => {
  const edit = Tree.makeEdit()
  try {
    return applyAll(before, entries, (state, entry) => step(state, entry, edit))
  } catch (defect) {
    stopOn(defect)
    // It may have been thrown halfway through a change in place: one by one, each on its own.
    return applyAll(before, entries, apply)
  }
}

const applyAll = (
  before: State,
  entries: ReadonlyArray<Entry>,
  one: (state: State, entry: Entry) => Applied
) => {
  let state = before
  const applied = entries.map((entry): Effects => {
    const { state: after, ...effects } = one(state, entry)
    state = after
    return effects
  })
  return { state, applied }
}

const step = (before: State, entry: Entry, edit: Tree.Edit): Applied => {
  const draft = Draft.make(before, entry, edit)
  const { command } = entry
  if (command === undefined) return { state: draft.state, changes: [] }
  const { sender } = command
  const nobody = checkSender(sender)
  if (nobody !== undefined) return { state: draft.state, result: nobody, changes: [] }
  const answer = recall(draft.state, sender) ?? refusal(draft.state, sender)
  if (answer !== undefined) return { state: draft.state, result: answer, changes: [] }
  const result = run(draft, command)
  if (result._tag !== "Written") return refused(before, entry, sender, result, edit)
  remember(draft, sender, result)
  return { state: draft.state, result, changes: draft.changes }
}

/** Nothing of the command's draft is kept: it may be half done. */
const refused = (
  before: State,
  entry: Entry,
  sender: Sender,
  result: Result,
  edit: Tree.Edit
): Applied => {
  const draft = Draft.make(before, entry, edit)
  remember(draft, sender, result)
  return { state: draft.state, result, changes: [] }
}

const failed = (before: State, entry: Entry, defect: unknown): Applied => {
  const { command } = entry
  if (command === undefined) throw defect
  // What was thrown would read otherwise on another version of the runtime.
  const result: Result = { _tag: "ApplyFailed", issue: "this release has a defect" }
  return { ...refused(before, entry, command.sender, result, Tree.makeEdit()), defect }
}

/** Other nodes need not run out of stack or memory where this one does, so it may not go on. */
const stopOn = (defect: unknown): void => {
  if (defect instanceof RangeError || defect instanceof InvariantViolation) throw defect
}

const run = (draft: Draft.Draft, { language, operation }: Command): Result => {
  if (language > draft.state.language)
    return { _tag: "InvalidCommand", path: "language", issue: "it is not allowed yet" }
  const refused = checkOutside(operation)
  if (refused !== undefined) return refused
  switch (operation._tag) {
    case "Batch":
      return batch(draft, operation)
    case "OpenSession":
      return sessions.open(draft, operation)
    case "ExpireSessions":
      return sessions.expire(draft, operation)
    case "ExpireDocuments":
      return expireDocuments(draft)
    case "SetLanguage":
      draft.state = {
        ...draft.state,
        language: Math.max(draft.state.language, operation.language)
      }
      return Draft.written(draft, 0, 0)
    default:
      return single(draft, operation)
  }
}
