/**
 * Keeps the covers that were decoded last, so that a cover sent with every call is decoded once.
 *
 * They are found by the SHA-256 of the file: no two callers can be given each other's cover.
 */
import type { Pixels } from "./cover.ts"

export interface CoverCache {
  readonly get: (hash: string) => Pixels | undefined
  readonly set: (hash: string, cover: Pixels) => void
}

export const make = (maxBytes: number): CoverCache => {
  // A Map remembers insertion order; a hit is inserted anew, so the first entry is the oldest.
  const covers = new Map<string, Pixels>()
  let bytes = 0
  return {
    get: (hash) => {
      const cover = covers.get(hash)
      if (cover === undefined) return undefined
      covers.delete(hash)
      covers.set(hash, cover)
      return cover
    },
    set: (hash, cover) => {
      if (covers.has(hash) || cover.samples.length > maxBytes) return
      covers.set(hash, cover)
      bytes += cover.samples.length
      for (const [oldest, { samples }] of covers) {
        if (bytes <= maxBytes) break
        covers.delete(oldest)
        bytes -= samples.length
      }
    }
  }
}
