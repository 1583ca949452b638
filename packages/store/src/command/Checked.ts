/**
 * What can be said against an operation without knowing the state: names, ids, sizes, contents.
 *
 * Whoever proposes a command checks it first, so that nothing invalid gets into the log; every node
 * checks again what it applies, since the log is what all of them share.
 */
import { parse as parseFilter } from "../filter/Filter.ts"
import { own, parsePath } from "../filter/Path.ts"
import * as IndexKeys from "../state/IndexKeys.ts"
import * as Changes from "../update/Changes.ts"
import * as Canonical from "../value/Canonical.ts"
import * as Fingerprint from "../value/Fingerprint.ts"
import type { Fields } from "../value/Value.ts"
import type * as Command from "./Command.ts"
import { batchMax, documentMaxBytes, indexesMax } from "./Limits.ts"
import { operationText } from "./operationText.ts"
import type { OperationRefused, Refused } from "./Refusal.ts"

/** Why `operation` is refused on its own. @category predicates */
export const check = (operation: Command.Operation): Refused | undefined => run(operation, "all")

/**
 * As `check`, without what applying `operation` looks at anyway: the contents of documents
 * (`Collections.store`), the changes of an update (`update`) and filters (`Filter.parse`).
 *
 * @category predicates
 */
export const checkOutside = (operation: Command.Operation): Refused | undefined =>
  run(operation, "outside")

type Depth = "all" | "outside"

const run = (operation: Command.Operation, depth: Depth): Refused | undefined => {
  switch (operation._tag) {
    case "Batch":
      return checkBatch(operation, depth)
    case "OpenSession":
      return checkId("session", operation.session) ?? checkId("owner", operation.owner)
    case "ExpireSessions":
    case "ExpireDocuments":
      return undefined
    case "SetLanguage":
      return operation.language >= 1
        ? undefined
        : invalid("language", "the first language version is 1")
    default:
      return checkSingle(operation, depth)
  }
}

/** Why nobody can be answered under this name. @category predicates */
export const checkSender = (sender: Command.Sender): OperationRefused | undefined => {
  switch (sender._tag) {
    case "Session":
      return (
        checkId("session", sender.session) ??
        (sender.seq > 0 && sender.ack >= sender.seq
          ? invalid("ack", "a command acknowledges those before it")
          : undefined)
      )
    case "Key":
      return checkId("owner", sender.owner) ?? checkId("key", sender.key)
    case "System":
      return undefined
  }
}

/**
 * Equal for equal operations, whatever the order of their keys. Ids that were made up are left out:
 * sent again, a command has others. The operation passed `check`.
 *
 * @category getters
 */
export const fingerprint = (operation: Command.Operation): number =>
  Fingerprint.of(operationText(operation))

/** The document that `AddDocument` adds, if it is right. @category getters */
export const documentOf = ({ document, newId }: typeof Command.AddDocument.Type): Fields =>
  own(document, "_id") === undefined && newId !== undefined ? { ...document, _id: newId } : document

const checkBatch = (
  { operations }: typeof Command.Batch.Type,
  depth: Depth
): Refused | undefined => {
  if (operations.length > batchMax)
    return { _tag: "LimitReached", what: "operations in a batch", max: batchMax }
  const seen = new Set<string>()
  for (let position = 0; position < operations.length; position += 1) {
    const operation = operations[position]!
    const { _tag } = operation
    const reason =
      onceInBatch.has(_tag) && seen.has(_tag)
        ? invalid("", `a batch takes one ${_tag}`)
        : checkSingle(operation, depth)
    if (reason !== undefined) return { _tag: "BatchRefused", position, reason }
    seen.add(_tag)
  }
  return undefined
}

/** Each of these may go through a whole collection, while all other commands wait. */
const onceInBatch: ReadonlySet<Command.SingleOperation["_tag"]> = new Set([
  "CreateIndex",
  "DeleteDocuments"
])

const checkSingle = (
  operation: Command.SingleOperation,
  depth: Depth
): OperationRefused | undefined => {
  if (!Canonical.isName(operation.collection))
    return invalid(
      "collection",
      "a name is a letter, then up to 63 letters, digits, hyphens and underscores"
    )
  switch (operation._tag) {
    case "CreateCollection":
      return checkCollection(operation)
    case "DeleteCollection":
      return undefined
    case "CreateIndex":
      return checkIndex(operation.index, "index")
    case "DeleteIndex":
      return Canonical.isName(operation.index)
        ? undefined
        : invalid("index", "the name of an index is not right")
    case "AddDocument":
      return checkDocument(documentOf(operation), depth)
    case "UpdateDocument":
      return checkId("id", operation.id) ?? checkUpdate(operation, depth)
    case "DeleteDocument":
      return checkId("id", operation.id)
    case "DeleteDocuments": {
      const filter = depth === "all" ? parseFilter(operation.filter) : undefined
      return filter?._tag === "FilterError" ? filter : undefined
    }
  }
}

const checkCollection = ({
  collection,
  expires,
  indexes = []
}: typeof Command.CreateCollection.Type): OperationRefused | undefined => {
  if (indexes.length > indexesMax)
    return { _tag: "LimitReached", what: "indexes of a collection", max: indexesMax }
  const path = expires === undefined ? undefined : parsePath(expires)
  if (path?._tag === "Issue") return invalid("expires", path.issue)
  const names = new Set<string>()
  for (let at = 0; at < indexes.length; at += 1) {
    const index = indexes[at]!
    const place = `indexes[${at}]`
    const refused = checkIndex(index, place)
    if (refused !== undefined) return refused
    if (names.has(index.name)) return { _tag: "IndexExists", collection, index: index.name }
    names.add(index.name)
    const copy = IndexKeys.copyRefusal(indexes.slice(0, at), index, place)
    if (copy !== undefined) return copy
  }
  return undefined
}

const checkIndex = (
  { keys, name, unique = false }: typeof Command.IndexSchema.Type,
  place: string
): OperationRefused | undefined => {
  const refused = IndexKeys.refusalOf({ name, keys, unique })
  return refused?._tag === "InvalidCommand"
    ? invalid(`${place}.${refused.path}`, refused.issue)
    : refused
}

const checkUpdate = (
  op: typeof Command.UpdateDocument.Type,
  depth: Depth
): OperationRefused | undefined => {
  const { id, inc, replace, set, unset } = op
  const changes = set !== undefined || unset !== undefined || inc !== undefined
  if (replace === undefined) {
    if (!changes) return invalid("", "an update has `replace`, or some of `set`, `unset` and `inc`")
    const found = depth === "all" ? Changes.of(op) : undefined
    return found === undefined || found._tag === "Branch" ? undefined : found
  }
  if (changes) return invalid("replace", "with it there is no `set`, `unset` or `inc`")
  const before = own(replace, "_id")
  if (before !== undefined && before !== id)
    return invalid("replace._id", "the _id of a document never changes")
  return checkDocument({ ...replace, _id: id }, depth)
}

const checkDocument = (document: Fields, depth: Depth): OperationRefused | undefined => {
  if (!Canonical.isId(own(document, "_id")))
    return { _tag: "InvalidDocument", path: "_id", issue: idIssue }
  if (depth === "outside") return undefined
  const measured = Canonical.measure(document)
  if (measured._tag === "Issue") {
    const { issue, path } = measured
    return { _tag: "InvalidDocument", path, issue }
  }
  const { bytes } = measured
  return bytes > documentMaxBytes
    ? { _tag: "DocumentTooLarge", bytes, maxBytes: documentMaxBytes }
    : undefined
}

const checkId = (path: string, id: string) =>
  Canonical.isId(id) ? undefined : invalid(path, idIssue)

const idIssue = "an id is a text of 1 to 128 bytes"

const invalid = (path: string, issue: string): OperationRefused => ({
  _tag: "InvalidCommand",
  path,
  issue
})
