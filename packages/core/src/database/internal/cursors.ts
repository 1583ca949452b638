/** Cursors as callers hold them: opaque text that says which query it belongs to, and where it stands. */
import * as Base64Url from "effect/encoding/Base64Url"
import * as Schema from "effect/Schema"
import * as Canonical from "@distri/store/value/Canonical"
import * as Fingerprint from "@distri/store/value/Fingerprint"
import * as Packed from "@distri/store/value/Packed"
import type { Resume } from "@distri/store/query/Query"
import { LogIndex } from "@distri/store/value/LogIndex"
import type { Value } from "@distri/store/value/Value"

/** A snapshot that a node keeps for a cursor. */
export interface Pin {
  /** The node that keeps it. */
  readonly home: string
  readonly id: string
}

export interface Cursor {
  readonly resume: Resume
  readonly pin?: Pin
}

const Stored = Schema.Struct({
  check: Schema.Number,
  uid: LogIndex,
  query: Schema.Number,
  id: Schema.String,
  values: Schema.Array(Schema.Any),
  home: Schema.optionalKey(Schema.String),
  pin: Schema.optionalKey(Schema.String)
})
const decodeStored = Schema.decodeUnknownResult(Stored)

/**
 * The check finds a cursor that was altered or is of another cloud. It is no seal: what a cursor
 * can do is begin a read elsewhere, which its holder may anyway.
 */
const checkOf = (cluster: string, rest: { readonly [field: string]: Value }) => {
  const canonical = Canonical.of(rest)
  return Fingerprint.of(`${cluster} ${canonical._tag === "Canonical" ? canonical.text : ""}`)
}

export const encode = (cluster: string, { pin, resume }: Cursor): string => {
  const { position, query, uid } = resume
  const rest = {
    uid,
    query,
    id: position.id,
    values: position.values,
    ...(pin !== undefined && { home: pin.home, pin: pin.id })
  }
  return Base64Url.encode(Packed.encode({ ...rest, check: checkOf(cluster, rest) }))
}

/** Nothing, if the text is not a cursor of this cloud. */
export const decode = (cluster: string, text: string): Cursor | undefined => {
  const bytes = Base64Url.decode(text)
  const value = bytes._tag === "Success" ? Packed.decode(bytes.success) : undefined
  const stored = value?._tag === "Value" ? decodeStored(value.value) : undefined
  if (stored?._tag !== "Success") return undefined
  const { check, ...rest } = stored.success
  if (check !== checkOf(cluster, rest)) return undefined
  const { home, id, pin, query, uid, values } = rest
  return {
    resume: { uid, query, position: { values, id } },
    ...(home !== undefined && pin !== undefined && { pin: { home, id: pin } })
  }
}
