/**
 * What nodes put into one frame for each other: the log that they speak of, and messages of Raft.
 *
 * ```
 *   length u8 | log id | (length u32be | message) ...
 * ```
 */
import type { Message } from "@distri/raft/Message"
import { decodeMessage, encodeMessage } from "@distri/raft/wire/MessageCodec"

/** @category models */
export interface Frame {
  readonly log: string
  readonly messages: ReadonlyArray<Message>
}

/**
 * Frames of at most `maxBytes`, or of one message that is longer. The order of the messages stays.
 */
export const encode = (
  log: string,
  messages: ReadonlyArray<Message>,
  maxBytes: number
): ReadonlyArray<Uint8Array> => {
  const name = new TextEncoder().encode(log)
  const frames: Array<Uint8Array> = []
  let parts: Array<Uint8Array> = []
  let bytes = 1 + name.length
  const finish = () => {
    if (parts.length > 0) frames.push(join(name, parts, bytes))
    parts = []
    bytes = 1 + name.length
  }
  for (const message of messages) {
    const part = encodeMessage(message)
    if (bytes + 4 + part.length > maxBytes) finish()
    parts.push(part)
    bytes += 4 + part.length
  }
  finish()
  return frames
}

/** A frame that says nothing. */
export const empty = (log: string): Uint8Array => {
  const name = new TextEncoder().encode(log)
  return join(name, [], 1 + name.length)
}

const join = (name: Uint8Array, parts: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  const frame = new Uint8Array(bytes)
  const view = new DataView(frame.buffer)
  frame[0] = name.length
  frame.set(name, 1)
  let at = 1 + name.length
  for (const part of parts) {
    view.setUint32(at, part.length)
    frame.set(part, at + 4)
    at += 4 + part.length
  }
  return frame
}

/** What is no frame of this protocol is answered with what is wrong. Never throws. */
export const decode = (bytes: Uint8Array): Frame | { readonly issue: string } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const nameLength = bytes[0]
  if (nameLength === undefined || bytes.length < 1 + nameLength) return { issue: "it is cut short" }
  const log = new TextDecoder().decode(bytes.subarray(1, 1 + nameLength))
  const messages: Array<Message> = []
  for (let at = 1 + nameLength; at < bytes.length;) {
    if (at + 4 > bytes.length) return { issue: "a length is cut short" }
    const end = at + 4 + view.getUint32(at)
    if (end > bytes.length) return { issue: "a message is cut short" }
    const message = decodeMessage(bytes.subarray(at + 4, end))
    if (message._tag === "Malformed") return { issue: message.problem }
    messages.push(message)
    at = end
  }
  return { log, messages }
}
