/**
 * Puts bytes into chunks that can be checked one by one, and finds the chunks again in a stream
 * that arrives in pieces of any size.
 *
 * ```
 * CRC-32C of all that follows (u32, big-endian) | length of the content (u32) | content
 * ```
 */
import { invariant } from "../invariant.ts"
import * as Crc32c from "../value/Crc32c.ts"

/** Content that a chunk is filled up to: the last thing in it may go beyond. */
export const chunkBytes = 256 * 1024

/** Content that a chunk can have. Whoever reads one sets aside no more, whatever its length says. */
export const chunkMaxBytes = 4 * 1024 * 1024

const headBytes = 8
const lengthAt = 4

/** @category encoding */
export const chunk = (content: Uint8Array): Uint8Array => {
  invariant(content.length <= chunkMaxBytes, "ST18: what is written can be read back")
  const bytes = new Uint8Array(headBytes + content.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(lengthAt, content.length)
  bytes.set(content, headBytes)
  view.setUint32(0, Crc32c.of(bytes.subarray(lengthAt)))
  return bytes
}

/** @category models */
export interface Reader {
  /** Takes the next bytes of the stream; what is wrong with them, if anything is. */
  readonly push: (bytes: Uint8Array) => string | undefined
  /** Where the stream is, for people. */
  readonly where: () => string
  /** Whether the last chunk is complete. */
  readonly isWhole: () => boolean
}

/**
 * Hands the content of each chunk to `take`, which says what is wrong with it, if anything is.
 * After an issue no more may be pushed.
 *
 * @category decoding
 */
export const makeReader = (take: (content: Uint8Array) => string | undefined): Reader => {
  let bytes = new Uint8Array(headBytes)
  let filled = 0
  let count = 0
  let start = 0

  const begin = (): string | undefined => {
    const length = new DataView(bytes.buffer).getUint32(lengthAt)
    if (length === 0 || length > chunkMaxBytes) return `a chunk that says it has ${length} bytes`
    const head = bytes
    bytes = new Uint8Array(headBytes + length)
    bytes.set(head)
    return
  }

  const end = (): string | undefined => {
    const sum = new DataView(bytes.buffer).getUint32(0)
    if (Crc32c.of(bytes.subarray(lengthAt)) !== sum) return "the checksum differs"
    const issue = take(bytes.subarray(headBytes))
    if (issue !== undefined) return issue
    count += 1
    start += bytes.length
    bytes = new Uint8Array(headBytes)
    filled = 0
    return
  }

  return {
    push: (pushed) => {
      for (let at = 0; at < pushed.length;) {
        const some = Math.min(pushed.length - at, bytes.length - filled)
        bytes.set(pushed.subarray(at, at + some), filled)
        at += some
        filled += some
        if (filled < bytes.length) return
        const issue = filled === headBytes ? begin() : end()
        if (issue !== undefined) return issue
      }
      return
    },
    where: () => `chunk ${count}, at byte ${start}`,
    isWhole: () => filled === 0
  }
}
