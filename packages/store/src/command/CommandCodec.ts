/**
 * Commands as the log holds them: a byte for the format, then the command, packed.
 *
 * **Gotchas**
 *
 * A command that this release does not know may have been applied by others, who do. A node that
 * meets one stops before it and never skips it (ST13), so anything unknown is `Unsupported`, be it
 * only a field.
 */
import * as Schema from "effect/Schema"
import * as Issue from "../value/Issue.ts"
import * as Packed from "../value/Packed.ts"
import type { Value } from "../value/Value.ts"
import { Command, language, type Operation, type Sender } from "./Command.ts"

/** @category models */
export type Decoded =
  | { readonly _tag: "Known"; readonly command: Command }
  | { readonly _tag: "Unsupported"; readonly issue: string }

/** The bytes of a command that passed `Checked.check`. @category encoding */
export const encode = (command: Command): Uint8Array => {
  const packed = Packed.encode(command as unknown as Value)
  const out = new Uint8Array(1 + packed.length)
  out[0] = format
  out.set(packed, 1)
  return out
}

/** The command of any bytes; its document, filter and names are not checked. @category decoding */
export const decode = (data: Uint8Array): Decoded => {
  if (data[0] !== format) return unsupported("it is in a format that this release does not know")
  const unpacked = Packed.decode(data.subarray(1))
  if (unpacked._tag === "Issue") return unsupported(unpacked.issue, unpacked.path)
  const raw = unpacked.value
  const parsed = parse(raw)
  if (parsed._tag === "Failure" || !isAll(raw, parsed.success)) return explain(raw)
  const command = parsed.success
  const needed = languageOf(command)
  return needed >= 1 && needed <= language ? { _tag: "Known", command } : otherLanguage(needed)
}

const format = 1
const parse = Schema.decodeUnknownResult(Command)
/** The same, slower and with the place of what is wrong. */
const strict = Schema.toStandardSchemaV1(Command, { parseOptions: { onExcessProperty: "error" } })

/** Whether parsing left nothing out; what it does not look into, it hands on as it is. */
const isAll = (raw: unknown, parsed: unknown): boolean => {
  if (raw === parsed) return true
  const before = raw as Readonly<Record<string, unknown>>
  const after = parsed as Readonly<Record<string, unknown>>
  const names = Object.keys(before)
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!
    if (!Object.hasOwn(after, name) || !isAll(before[name], after[name])) return false
  }
  return true
}

/** A node that lets commands be in a language must know it itself. */
const languageOf = ({ language: own, operation }: Command) =>
  operation._tag === "SetLanguage" ? Math.max(own, operation.language) : own

const unsupported = (issue: string, path = ""): Decoded => ({
  _tag: "Unsupported",
  issue: path === "" ? issue : `${path}: ${issue}`
})

const otherLanguage = (needed: number) =>
  unsupported(`it needs language ${needed}; this release knows 1 to ${language}`)

/** The likeliest reason first: that the command is of a later release. */
const explain = (raw: unknown): Decoded => {
  const needed = memberOf(raw, "language")
  if (typeof needed === "number" && needed > language) return otherLanguage(needed)
  const operation = memberOf(raw, "operation")
  const unknown =
    unknownTag(operations, operation, "operation") ??
    unknownTag(senders, memberOf(raw, "sender"), "sender") ??
    unknownInBatch(memberOf(operation, "operations"))
  if (unknown !== undefined) return unknown
  const checked = strict["~standard"].validate(raw)
  const first = "issues" in checked ? checked.issues?.[0] : undefined
  if (first === undefined) return unsupported("it has more than this release knows")
  const { message, path = [] } = first
  const steps = path.map((step) => (typeof step === "object" ? step.key : step))
  const { issue, path: place } = steps.reduceRight(
    (inside, step) =>
      typeof step === "number" ? Issue.inItem(inside, step) : Issue.inField(inside, String(step)),
    Issue.make(message)
  )
  return unsupported(issue, place)
}

const unknownInBatch = (batch: unknown): Decoded | undefined => {
  if (!Array.isArray(batch)) return undefined
  for (let at = 0; at < batch.length; at += 1) {
    const unknown = unknownTag(operations, batch[at], `operation.operations[${at}]`)
    if (unknown !== undefined) return unknown
  }
  return undefined
}

const unknownTag = (known: object, value: unknown, path: string): Decoded | undefined => {
  const tag = memberOf(value, "_tag")
  if (typeof tag !== "string" || Object.hasOwn(known, tag)) return undefined
  return unsupported(`this release does not know ${Issue.shown(tag)}`, path)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

const operations: Record<Operation["_tag"], true> = {
  CreateCollection: true,
  DeleteCollection: true,
  CreateIndex: true,
  DeleteIndex: true,
  AddDocument: true,
  UpdateDocument: true,
  DeleteDocument: true,
  DeleteDocuments: true,
  Batch: true,
  OpenSession: true,
  ExpireSessions: true,
  ExpireDocuments: true,
  SetLanguage: true
}

const senders: Record<Sender["_tag"], true> = { Session: true, Key: true, System: true }
