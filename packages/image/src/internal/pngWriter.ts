/**
 * Writes RGB samples as a PNG without compressing them.
 *
 * Sealed bytes do not compress, and looking for a way to cost most of the time a general encoder
 * takes. So the rows go into "stored" blocks of one zlib stream, with no row filter: the file is
 * as large as the samples, a byte a row and 5 bytes every 64 KiB.
 *
 * Source: "PNG Specification (Third Edition)"; RFC 1950 (zlib) and RFC 1951 §3.2.4.
 */
import { crc32 } from "node:zlib"
import type { Size } from "../pure/CoverSize.ts"

const blockMax = 65_535
const sliceBytes = 1 << 19
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const chunkOverhead = 12 // length, type, checksum
const headerLength = 13
// signature, IHDR, IDAT's length and type
const streamAt = signature.length + chunkOverhead + headerLength + 8

const zlibBytes = ({ height, width }: Size): number => {
  const rows = (width * 3 + 1) * height
  return 2 + rows + 5 * Math.ceil(rows / blockMax) + 4
}

/** The exact size of the file that `storedPng` writes. */
export const storedPngBytes = (size: Size): number => streamAt + zlibBytes(size) + 4 + chunkOverhead

/** `samples`: 3 bytes a pixel, row after row, nothing else. Pauses every half MiB. */
export function* storedPng(samples: Uint8Array, size: Size): Generator<void, Uint8Array> {
  const stride = size.width * 3
  const file = new Uint8Array(storedPngBytes(size))
  const view = new DataView(file.buffer)
  writeFront(file, view, size)

  let at = streamAt + 2
  let left = (stride + 1) * size.height // bytes of rows still to write
  let room = 0 // bytes the open block still takes
  const openBlock = () => {
    room = Math.min(blockMax, left)
    file[at] = room === left ? 1 : 0 // the last block says so
    view.setUint16(at + 1, room, true)
    view.setUint16(at + 3, ~room & 0xffff, true)
    at += 5
  }
  const sum = new Adler()
  let checked = streamAt - 4 // the checksum of a chunk covers its type
  let checksum = 0
  const check = () => {
    checksum = crc32(file.subarray(checked, at), checksum)
    checked = at
  }

  for (let y = 0; y < size.height; y++) {
    // Each row starts with its filter: 0, none. The byte is there already.
    if (room === 0) openBlock()
    at++
    room--
    left--
    sum.addZero()
    const end = (y + 1) * stride
    for (let from = end - stride; from < end;) {
      if (room === 0) openBlock()
      const length = Math.min(room, end - from, sliceBytes)
      file.set(samples.subarray(from, from + length), at)
      sum.add(samples, from, from + length)
      at += length
      room -= length
      left -= length
      from += length
      if (at - checked >= sliceBytes) {
        check()
        yield
      }
    }
  }
  view.setUint32(at, sum.value)
  at += 4
  check()
  view.setUint32(at, checksum)
  writeChunk(file, view, at + 4, "IEND", [])
  return file
}

const writeFront = (file: Uint8Array, view: DataView, size: Size) => {
  file.set(signature)
  const dimensions = new Uint8Array(headerLength)
  new DataView(dimensions.buffer).setUint32(0, size.width)
  new DataView(dimensions.buffer).setUint32(4, size.height)
  dimensions.set([8, 2], 8) // 8 bits a sample, RGB; deflate, the usual filters, not interlaced
  writeChunk(file, view, signature.length, "IHDR", dimensions)
  view.setUint32(streamAt - 8, zlibBytes(size))
  writeType(file, streamAt - 4, "IDAT")
  file.set([0x78, 0x01], streamAt)
}

const writeType = (file: Uint8Array, at: number, type: string) => {
  for (let nth = 0; nth < 4; nth++) file[at + nth] = type.charCodeAt(nth)
}

const writeChunk = (
  file: Uint8Array,
  view: DataView,
  at: number,
  type: string,
  data: ArrayLike<number>
) => {
  view.setUint32(at, data.length)
  writeType(file, at + 4, type)
  file.set(data, at + 8)
  view.setUint32(at + 8 + data.length, crc32(file.subarray(at + 4, at + 8 + data.length)))
}

/** Adler-32, fed piece by piece. */
class Adler {
  #low = 1
  #high = 0

  add(bytes: Uint8Array, from: number, to: number) {
    let low = this.#low
    let high = this.#high
    for (let at = from; at < to;) {
      // 3,800 bytes is the most that `high` takes before it outgrows a small integer.
      const end = Math.min(at + 3800, to)
      for (; at < end; at++) {
        low += bytes[at]!
        high += low
      }
      low %= 65_521
      high %= 65_521
    }
    this.#low = low
    this.#high = high
  }

  addZero() {
    this.#high = (this.#high + this.#low) % 65_521
  }

  get value() {
    return ((this.#high << 16) | this.#low) >>> 0
  }
}
