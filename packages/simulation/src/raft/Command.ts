/**
 * What is put into the log: six numbers, and padding that makes entries differ in size. Clients write;
 * `noise` changes no register and nobody waits for it.
 */
import type { Operation } from "./History.ts"

export interface Command {
  readonly kind: "write" | "compareAndSet" | "noise"
  readonly session: number
  readonly seq: number
  readonly key: number
  readonly value: number
  readonly expected: number
}

const headBytes = 24

export const encodeCommand = (operation: Operation, paddingBytes: number): Uint8Array => {
  const numbers = new Uint32Array(headBytes / 4 + (paddingBytes >> 2))
  numbers[0] = operation.kind === "write" ? 1 : 2
  numbers[1] = operation.session
  numbers[2] = operation.seq
  numbers[3] = operation.key
  numbers[4] = operation.value
  numbers[5] = operation.expected
  return new Uint8Array(numbers.buffer)
}

export const decodeCommand = (data: Uint8Array): Command => {
  const [kind, session, seq, key, value, expected] = new Uint32Array(
    data.buffer,
    data.byteOffset,
    headBytes / 4
  )
  return {
    kind: kind === 1 ? "write" : kind === 2 ? "compareAndSet" : "noise",
    session: session!,
    seq: seq!,
    key: key!,
    value: value!,
    expected: expected!
  }
}

/** Of a session that no client has. `seq` is higher than that of all noise before. */
export const encodeNoise = (seq: number): Uint8Array => {
  const numbers = new Uint32Array(headBytes / 4)
  numbers[0] = 3
  numbers[2] = seq
  return new Uint8Array(numbers.buffer)
}
