/**
 * Checks a command by itself, without the state: names, sizes, and what a document may hold.
 *
 * The node that proposes a command checks it first, so that nothing invalid gets into the log;
 * every node checks it again when it applies it, since the log is what they share.
 */
import * as CanonicalJson from "./CanonicalJson.ts"
import type { Command, Document, Filter } from "./Command.ts"
import * as Fingerprint from "./Fingerprint.ts"
import type { Refused } from "./Outcome.ts"
import type { Stored } from "./State.ts"

/** The canonical size of a document. @category configuration */
export const documentMaxBytes = 512 * 1024

/** The canonical size of a filter. @category configuration */
export const filterMaxBytes = 16 * 1024

/** A document that may be stored. @category models */
export interface Prepared {
  readonly _tag: "Prepared"
  readonly _id: string
  readonly stored: Stored
}

/** @category models */
export interface Checked {
  readonly _tag: "Checked"
  /** Equal for equal operations; made-up ids are not part of it. */
  readonly fingerprint: number
  readonly document?: Prepared
}

/** @category constructors */
export const check = ({ id, op }: Command): Checked | Refused => {
  if (!isId(id)) return operation("an idempotency key has 1 to 128 bytes")
  if (!isCollectionName(op.collection))
    return operation(
      "a collection's name is a letter, then up to 63 letters, digits, hyphens and underscores"
    )
  switch (op._tag) {
    case "CreateCollection":
    case "DeleteCollection":
      return { _tag: "Checked", fingerprint: print(op._tag, op.collection) }
    case "DeleteDocuments": {
      const filter = checkFilter(op.filter)
      if (filter._tag !== "Text") return filter
      return { _tag: "Checked", fingerprint: print(op._tag, op.collection, filter.text) }
    }
    case "UpdateDocument":
      return checkDocument(op._tag, op.collection, op.document)
    case "AddDocument":
      return checkDocument(op._tag, op.collection, op.document, op.newId)
  }
}

/** A document with its `_id`. @category constructors */
export const prepare = (document: Document): Prepared | Refused => {
  if (!isObject(document)) return invalid("it is not a JSON object")
  const { _id } = document
  if (typeof _id !== "string" || !isId(_id)) return invalid("its _id is a text of 1 to 128 bytes")
  const text = canonical(document)
  if (text._tag !== "Text") return text
  const bytes = CanonicalJson.utf8Bytes(text.text)
  if (bytes > documentMaxBytes)
    return invalid(`${bytes} bytes are over the limit of ${documentMaxBytes}`)
  return {
    _tag: "Prepared",
    _id,
    stored: { document, bytes, fingerprint: Fingerprint.of(text.text) }
  }
}

/** The canonical text of a filter. @category constructors */
export const checkFilter = (
  filter: Filter
): Extract<CanonicalJson.Canonical, { _tag: "Text" }> | Refused => {
  if (!isObject(filter)) return operation("the filter is not a JSON object")
  const text = CanonicalJson.of(filter)
  if (text._tag === "Issue") return operation(`the filter has ${text.issue}`)
  if (CanonicalJson.utf8Bytes(text.text) > filterMaxBytes)
    return operation(`a filter has at most ${filterMaxBytes} bytes`)
  // Taken as a plain value, an operator would match nothing, and nobody would know why.
  const operator = Object.entries(filter).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? [key, ...Object.keys(value)] : [key]
  )
  const unknown = operator.find((key) => key.startsWith("$"))
  return unknown === undefined ? text : operation(`the filter has an unknown operator, ${unknown}`)
}

const checkDocument = (
  tag: string,
  collection: string,
  document: Document,
  newId?: string
): Checked | Refused => {
  const made = newId !== undefined && isObject(document) && document["_id"] === undefined
  const prepared = prepare(made ? { ...document, _id: newId } : document)
  if (prepared._tag !== "Prepared") return prepared
  // Sent again, the command has another made-up id, and is the same command.
  const text = made ? canonical(document) : undefined
  if (text !== undefined && text._tag !== "Text") return text
  const body = text === undefined ? prepared.stored.fingerprint : Fingerprint.of(text.text)
  return {
    _tag: "Checked",
    fingerprint: print(tag, collection, String(body)),
    document: prepared
  }
}

/** The types promise it; what a caller passes, and what stands in the log, may not keep it. */
const isObject = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const canonical = (document: Document) => {
  const text = CanonicalJson.of(document)
  return text._tag === "Text" ? text : invalid(`it has ${text.issue}`)
}

const print = (...parts: ReadonlyArray<string>) => Fingerprint.of(JSON.stringify(parts))

const isId = (id: string) => {
  const bytes = id.length <= 128 && CanonicalJson.isWellFormed(id) ? CanonicalJson.utf8Bytes(id) : 0
  return bytes >= 1 && bytes <= 128
}

// By hand: what a regular expression matches can change with the runtime, and so would a replica.
const isCollectionName = (name: string) =>
  name.length >= 1 &&
  name.length <= 64 &&
  isLetter(name.charCodeAt(0)) &&
  Array.prototype.every.call(name, (character: string) => {
    const unit = character.charCodeAt(0)
    return isLetter(unit) || (unit >= 48 && unit <= 57) || unit === 45 || unit === 95
  })

const isLetter = (unit: number) => (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)

const operation = (issue: string): Refused => ({ _tag: "InvalidOperation", issue })
const invalid = (issue: string): Refused => ({ _tag: "InvalidDocument", issue })
