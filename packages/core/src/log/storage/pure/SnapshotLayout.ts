/**
 * How the bytes of a snapshot lie in its file: pieces of 256 KiB, each behind its checksum, then what
 * the whole is. A flipped bit is found before the piece is handed out, wherever reading begins.
 */
import * as Crc32c from "@distri/store/value/Crc32c"
import { format, magics, preambleBytes, readPreamble, writePreamble } from "./Preamble.ts"

export const pieceBytes = 256 * 1024
const strideBytes = pieceBytes + 4
const digestBytes = 32

/** The end of the file: what kind it is, how long the snapshot is, its SHA-256, a checksum. */
export const footerBytes = preambleBytes + 8 + digestBytes + 4

export interface Footer {
  readonly bytes: number
  /** Hexadecimal digits. */
  readonly digest: string
}

export const fileBytes = (bytes: number): number =>
  bytes + 4 * Math.ceil(bytes / pieceBytes) + footerBytes

/** Where the piece that holds the byte at `offset` lies in the file, with its checksum. */
export const pieceAt = (
  offset: number,
  bytes: number
): { readonly number: number; readonly at: number; readonly length: number } => {
  const number = Math.floor(offset / pieceBytes)
  const length = Math.min(pieceBytes, bytes - number * pieceBytes) + 4
  return { number, at: number * strideBytes, length }
}

/** Writes the checksum into the four bytes before the piece. A piece in another's place does not fit. */
export const sealPiece = (piece: Uint8Array, number: number): void => {
  const checksum = Crc32c.of(piece.subarray(4), number)
  new DataView(piece.buffer, piece.byteOffset).setUint32(0, checksum, true)
}

export const isPieceWhole = (piece: Uint8Array, number: number, length: number): boolean =>
  piece.length === length &&
  new DataView(piece.buffer, piece.byteOffset).getUint32(0, true) ===
    Crc32c.of(piece.subarray(4), number)

export const encodeFooter = ({ bytes, digest }: Footer): Uint8Array => {
  const footer = new Uint8Array(footerBytes)
  writePreamble(footer, magics.snapshot)
  const view = new DataView(footer.buffer)
  view.setUint32(preambleBytes, bytes % 2 ** 32, true)
  view.setUint32(preambleBytes + 4, Math.floor(bytes / 2 ** 32), true)
  for (let at = 0; at < digestBytes; at++) {
    footer[preambleBytes + 8 + at] = Number.parseInt(digest.slice(2 * at, 2 * at + 2), 16)
  }
  view.setUint32(footerBytes - 4, Crc32c.of(footer.subarray(0, footerBytes - 4)), true)
  return footer
}

/** The end of a file of `size` bytes; undefined where it is damaged. */
export const decodeFooter = (footer: Uint8Array, size: number): Footer | undefined => {
  if (footer.length !== footerBytes) return undefined
  if (readPreamble(footer, magics.snapshot) !== format) return undefined
  const view = new DataView(footer.buffer, footer.byteOffset)
  const checksum = Crc32c.of(footer.subarray(0, footerBytes - 4))
  if (view.getUint32(footerBytes - 4, true) !== checksum) return undefined
  const bytes =
    view.getUint32(preambleBytes, true) + view.getUint32(preambleBytes + 4, true) * 2 ** 32
  if (fileBytes(bytes) !== size) return undefined
  return { bytes, digest: hex(footer.subarray(preambleBytes + 8, footerBytes - 4)) }
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
