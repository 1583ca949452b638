/** The file `identity` of a folder: whose part of which log it holds. */
import { Reader } from "@distri/raft/wire/Reader"
import { Writer } from "@distri/raft/wire/Writer"
import * as Crc32c from "@distri/store/value/Crc32c"
import { format, magics, preambleBytes, readPreamble, writePreamble } from "./Preamble.ts"

export interface Identity {
  readonly cluster: string
  readonly node: string
  readonly incarnation: string
  /**
   * Not 0: what else lies here belongs to the incarnation before, and is on its way to the folder
   * `damaged-<n>` of this number.
   */
  readonly settingAside: number
}

export const encodeIdentity = (identity: Identity): Uint8Array => {
  const writer = new Writer(256)
  writer.text(identity.cluster)
  writer.text(identity.node)
  writer.text(identity.incarnation)
  writer.number(identity.settingAside)
  const body = writer.finish()
  const bytes = new Uint8Array(preambleBytes + 4 + body.length)
  writePreamble(bytes, magics.identity)
  new DataView(bytes.buffer).setUint32(preambleBytes, Crc32c.of(body), true)
  bytes.set(body, preambleBytes + 4)
  return bytes
}

/** Undefined: it is damaged. */
export const decodeIdentity = (
  bytes: Uint8Array
): Identity | { readonly newer: number } | undefined => {
  const form = readPreamble(bytes, magics.identity)
  if (form === undefined || bytes.length < preambleBytes + 4) return undefined
  if (form > format) return { newer: form }
  const body = bytes.subarray(preambleBytes + 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (view.getUint32(preambleBytes, true) !== Crc32c.of(body)) return undefined
  const reader = new Reader(body)
  const identity = reader.finish({
    cluster: reader.text(),
    node: reader.text(),
    incarnation: reader.text(),
    settingAside: reader.number()
  })
  return "problem" in identity ? undefined : identity
}
