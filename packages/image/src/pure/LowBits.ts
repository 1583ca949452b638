/**
 * Writes bytes into the low bits of samples, and reads them back.
 *
 * A byte becomes 8, 4 or 2 samples, its highest bits first. A table holds those samples for each
 * of the 256 bytes, so one mask and one "or" on a machine word place up to four samples.
 *
 * Both are generators that pause about every millisecond, so that whoever drives them can let
 * other work pass (`internal/sliced.ts`).
 *
 * **Gotchas.** Words need samples that start on a multiple of four bytes.
 */
import type { Bits } from "./CoverSize.ts"

const sliceSamples = 1 << 20

interface Spread {
  /** The samples of byte `b` are the words at `b << shift` and, with shift 1, the next. */
  readonly table: Uint32Array | Uint16Array
  readonly shift: 0 | 1
  readonly keep: number
  readonly words: (samples: Uint8Array, from: number) => Uint32Array | Uint16Array
}

const spreadBytes = (bits: Bits): ArrayBuffer => {
  const perByte = 8 / bits
  const samples = new Uint8Array(256 * perByte)
  for (let byte = 0; byte < 256; byte++) {
    for (let nth = 0; nth < perByte; nth++) {
      samples[byte * perByte + nth] = (byte >> (8 - bits * (nth + 1))) & ((1 << bits) - 1)
    }
  }
  return samples.buffer
}

const quads = (samples: Uint8Array, from: number) =>
  new Uint32Array(samples.buffer, samples.byteOffset + from, (samples.length - from) >> 2)
const pairs = (samples: Uint8Array, from: number) =>
  new Uint16Array(samples.buffer, samples.byteOffset + from, (samples.length - from) >> 1)

const spreads: Readonly<Record<Bits, Spread>> = {
  1: { table: new Uint32Array(spreadBytes(1)), shift: 1, keep: 0xfefefefe, words: quads },
  2: { table: new Uint32Array(spreadBytes(2)), shift: 0, keep: 0xfcfcfcfc, words: quads },
  4: { table: new Uint16Array(spreadBytes(4)), shift: 0, keep: 0xf0f0, words: pairs }
}

/**
 * Puts `bytes` into the low `bits` of the samples from `from` on, a multiple of four. There must
 * be room for them.
 *
 * @category functions
 * @since 0.1.0
 */
export function* embed(
  samples: Uint8Array,
  from: number,
  bytes: Uint8Array,
  bits: Bits
): Generator<void, void> {
  const { keep, shift, table, words } = spreads[bits]
  const target = words(samples, from)
  const count = bytes.length << shift
  const slice = sliceSamples / target.BYTES_PER_ELEMENT
  for (let start = 0; start < count; start += slice) {
    const end = Math.min(start + slice, count)
    for (let at = start; at < end; at++) {
      target[at] = (target[at]! & keep) | table[(bytes[at >> shift]! << shift) | (at & shift)]!
    }
    yield
  }
}

/**
 * Takes `length` bytes out of the low `bits` of the samples from `from` on.
 *
 * @category functions
 * @since 0.1.0
 */
export function* extract(
  samples: Uint8Array,
  from: number,
  length: number,
  bits: Bits
): Generator<void, Uint8Array> {
  const bytes = new Uint8Array(length)
  const mask = (1 << bits) - 1
  const slice = (sliceSamples * bits) / 8
  let at = from
  for (let start = 0; start < length; start += slice) {
    const end = Math.min(start + slice, length)
    for (let nth = start; nth < end; nth++) {
      let byte = 0
      for (let taken = 0; taken < 8; taken += bits) byte = (byte << bits) | (samples[at++]! & mask)
      bytes[nth] = byte
    }
    yield
  }
  return bytes
}
