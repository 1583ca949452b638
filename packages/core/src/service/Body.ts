/**
 * How the body of a request or reply travels: with its head when it is small, else in parts.
 */
import * as Bytes from "effect/Bytes"

/** A request's body up to this size travels with its head. */
export const inlineMaxBytes = 64 * 1024
/** A larger one travels in parts of this size, and the rest. */
export const chunkBytes = 256 * 1024

/** The parts in which a body travels after its frame's own part. */
export const chunks = (body: Uint8Array, from: number): ReadonlyArray<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  for (let at = from; at < body.length; at += chunkBytes) {
    parts.push(body.subarray(at, Math.min(at + chunkBytes, body.length)))
  }
  return parts
}

/** A body that arrives in parts. Holds what has come, never what was merely announced. */
export class Assembly {
  readonly size: number
  #received = 0
  readonly #parts: Array<Uint8Array> = []

  constructor(size: number) {
    this.size = size
  }

  /**
   * The whole body once it is complete. `WrongSize`: no sender cuts a body so. Smaller parts could be
   * without number, each with what it takes to hold it, and empty ones would never be too many.
   */
  add(part: Uint8Array): Uint8Array | "Incomplete" | "WrongSize" {
    if (part.length !== Math.min(this.size - this.#received, chunkBytes)) return "WrongSize"
    this.#received += part.length
    if (part.length === this.size) return part
    this.#parts.push(part)
    return this.#received === this.size ? Bytes.concat(this.#parts) : "Incomplete"
  }
}
