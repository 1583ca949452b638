/**
 * Turns frames into a byte stream and back: a length of four bytes, big-endian, then that many bytes.
 *
 * The stream may be cut anywhere. A frame that lies whole in one chunk is a view on that chunk; only
 * a frame that spans chunks is copied, once. Its buffer grows with what has really arrived, so that
 * announcing a long frame costs its sender more memory than its receiver.
 */

/**
 * One outgoing frame: the two parts follow each other on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface Frame {
  readonly head: Uint8Array
  readonly body: Uint8Array
}

/** @category constants */
export const prefixBytes = 4

// Below this a copy is cheaper than one more piece for the system call.
const copyMaxBytes = 8 * 1024

// A frame of 256 KiB whose first 64 KiB have arrived gets all its memory at once.
const growth = 8

/**
 * The bytes of one frame on the wire.
 *
 * @category getters
 * @since 0.1.0
 */
export const encodedBytes = (frame: Frame): number =>
  prefixBytes + frame.head.length + frame.body.length

/**
 * The bytes of `frames`, in as few pieces as is cheap: small parts are packed together, large ones
 * are passed on as they are.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (frames: ReadonlyArray<Frame>): Array<Uint8Array> => {
  let packedBytes = 0
  for (const { head, body } of frames) {
    packedBytes += prefixBytes
    if (head.length < copyMaxBytes) packedBytes += head.length
    if (body.length < copyMaxBytes) packedBytes += body.length
  }
  const packed = new Uint8Array(packedBytes)
  const pieces: Array<Uint8Array> = []
  let start = 0
  let end = 0
  const put = (part: Uint8Array) => {
    if (part.length < copyMaxBytes) {
      packed.set(part, end)
      end += part.length
    } else {
      pieces.push(packed.subarray(start, end), part)
      start = end
    }
  }
  for (const { head, body } of frames) {
    const length = head.length + body.length
    packed[end++] = length >>> 24
    packed[end++] = length >>> 16
    packed[end++] = length >>> 8
    packed[end++] = length
    put(head)
    put(body)
  }
  if (end > start) pieces.push(packed.subarray(start, end))
  return pieces
}

/**
 * What the bytes so far contain. After a `violation` the stream has no frames any more: the place
 * where the next one would begin is unknown.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decoded {
  readonly frames: Array<Uint8Array>
  /** The length that was announced, when it is 0 or over the limit. */
  readonly violation: number | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Decoder {
  readonly push: (chunk: Uint8Array) => Decoded
  /** True between the first byte of a frame's length and its last byte. */
  readonly insideFrame: () => boolean
  /** The memory in use for the frame that has not come whole. */
  readonly heldBytes: () => number
}

/**
 * A decoder for one stream. Refuses a length of 0 or over `frameMaxBytes` before it holds a byte.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeDecoder = (frameMaxBytes: number): Decoder => {
  let prefixRead = 0
  let length = 0
  let partial = new Uint8Array(0)
  let filled = 0

  const readPrefix = (chunk: Uint8Array, from: number): number => {
    let at = from
    while (prefixRead < prefixBytes && at < chunk.length) {
      // Not a shift: the highest bit would make the length negative.
      length = length * 256 + chunk[at++]!
      prefixRead++
    }
    return at
  }

  const readBody = (chunk: Uint8Array, from: number): Uint8Array | undefined => {
    const taken = Math.min(length - filled, chunk.length - from)
    if (taken === length) return view(chunk, from, length)
    if (filled + taken > partial.length) {
      const grown = new Uint8Array(Math.min(length, growth * (filled + taken)))
      grown.set(partial.subarray(0, filled))
      partial = grown
    }
    partial.set(view(chunk, from, taken), filled)
    filled += taken
    return filled === length ? partial : undefined
  }

  const push = (chunk: Uint8Array): Decoded => {
    const frames: Array<Uint8Array> = []
    let at = 0
    while (at < chunk.length) {
      at = readPrefix(chunk, at)
      if (prefixRead < prefixBytes) break
      if (length === 0 || length > frameMaxBytes) return { frames, violation: length }
      if (at === chunk.length) break
      const missing = length - filled
      const frame = readBody(chunk, at)
      if (frame === undefined) break
      frames.push(frame)
      at += missing
      prefixRead = 0
      length = 0
      filled = 0
      partial = new Uint8Array(0)
    }
    return { frames, violation: undefined }
  }

  return { push, insideFrame: () => prefixRead > 0, heldBytes: () => partial.length }
}

// A plain Uint8Array even when the chunk is a Node.js Buffer, whose slice() does not copy.
const view = (chunk: Uint8Array, from: number, length: number): Uint8Array =>
  new Uint8Array(chunk.buffer, chunk.byteOffset + from, length)
