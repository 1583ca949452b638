/** Runs operations: one, or a batch of them. */
import type { Batch, SingleOperation } from "../command/Command.ts"
import type { Refused } from "../command/Refusal.ts"
import type { Result, Written } from "../command/Result.ts"
import * as collections from "./collections.ts"
import * as documents from "./documents.ts"
import * as Draft from "./Draft.ts"

/** @category combinators */
export const single = (draft: Draft.Draft, op: SingleOperation): Draft.Outcome => {
  switch (op._tag) {
    case "AddDocument":
      return documents.add(draft, op)
    case "UpdateDocument":
      return documents.update(draft, op)
    case "DeleteDocument":
      return documents.remove(draft, op)
    case "DeleteDocuments":
      return documents.removeMatches(draft, op)
    case "CreateCollection":
      return collections.create(draft, op)
    case "DeleteCollection":
      return collections.remove(draft, op)
    case "CreateIndex":
      return collections.createIndex(draft, op)
    case "DeleteIndex":
      return collections.removeIndex(draft, op)
  }
}

/** All or nothing; each sees what the earlier ones did. @category combinators */
export const batch = (draft: Draft.Draft, { operations }: typeof Batch.Type): Written | Refused => {
  let matched = 0
  let modified = 0
  Draft.protect(draft)
  for (let position = 0; position < operations.length; position += 1) {
    const outcome: Result = single(draft, operations[position]!)
    if (outcome._tag !== "Written") return { _tag: "BatchRefused", position, reason: outcome }
    matched += outcome.matched
    modified += outcome.modified
  }
  return Draft.written(draft, matched, modified)
}
