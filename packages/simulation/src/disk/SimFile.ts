/**
 * The bytes of a file: as programs see them, and as they lie on the disk. Between two syncs the disk may
 * take any sector at any time, or none; a sector is taken as a whole, as one of the writes left it.
 */
import type { Random } from "../random/Random.ts"

/** What a disk writes as a whole or not at all. */
export const sectorBytes = 512

export class SimFile {
  /** The name it got last. */
  path: string
  /** What programs see. */
  private live = new Uint8Array(0)
  private liveSize = 0
  /** What a crash leaves in any case. */
  private durable = new Uint8Array(0)
  private durableSize = 0
  /** Sectors that were written since the last sync: what they held before the latest write to them. */
  private waiting = new Map<number, Array<Uint8Array>>()
  /** The sizes since the last sync. */
  private waitingSizes: Array<number> = []

  constructor(path: string) {
    this.path = path
  }

  get size(): number {
    return this.liveSize
  }

  read(offset: number, length: number): Uint8Array {
    return this.live.slice(offset, Math.min(offset + length, this.liveSize))
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const end = offset + bytes.length
    const last = Math.floor((end - 1) / sectorBytes)
    for (let sector = Math.floor(offset / sectorBytes); sector <= last; sector++) {
      const before = this.waiting.get(sector)
      if (before === undefined) this.waiting.set(sector, [])
      else before.push(this.live.slice(sector * sectorBytes, (sector + 1) * sectorBytes))
    }
    this.live = grown(this.live, end)
    this.live.set(bytes, offset)
    if (end <= this.liveSize) return
    this.liveSize = end
    this.waitingSizes.push(end)
  }

  sync(): void {
    this.resize(this.liveSize)
    for (const sector of this.waiting.keys()) this.take(sector, this.sector(sector))
    this.loseWaiting()
  }

  /** A sync that failed: programs see the bytes still, and no later sync writes them. */
  loseWaiting(): void {
    this.waiting = new Map()
    this.waitingSizes = []
  }

  /** What was synced stays; of the rest `keepRatio`, each sector for itself (SIM4). */
  crash(random: Random, keepRatio: number): void {
    const isLonger = random.chance(keepRatio) && this.waitingSizes.length > 0
    if (isLonger) this.resize(Math.max(this.durableSize, random.pick(this.waitingSizes)))
    for (const [sector, before] of this.waiting) {
      if (!random.chance(keepRatio)) continue
      this.take(sector, random.pick([...before, this.sector(sector)]))
    }
    this.live = this.durable.slice(0, this.durableSize)
    this.liveSize = this.durableSize
    this.loseWaiting()
  }

  /** Turns over one bit, in the cache as well as on the disk: it lay there for a long time. */
  flipBit(bit: number): void {
    const at = bit >>> 3
    if (at < this.liveSize) this.live[at]! ^= 1 << (bit & 7)
    if (at < this.durableSize) this.durable[at]! ^= 1 << (bit & 7)
  }

  /** What lies on the disk, as a file of its own. */
  copy(): SimFile {
    const copy = new SimFile(this.path)
    copy.write(0, this.durable.subarray(0, this.durableSize))
    copy.sync()
    return copy
  }

  private sector(sector: number): Uint8Array {
    return this.live.subarray(sector * sectorBytes, (sector + 1) * sectorBytes)
  }

  private resize(size: number): void {
    this.durable = grown(this.durable, size)
    this.durableSize = size
  }

  private take(sector: number, bytes: Uint8Array): void {
    const at = sector * sectorBytes
    const room = this.durableSize - at
    if (room > 0) this.durable.set(bytes.subarray(0, room), at)
  }
}

/** With room for `size` bytes, the new ones 0. */
const grown = (bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> => {
  if (size <= bytes.length) return bytes
  const larger = new Uint8Array(Math.max(size, 2 * bytes.length))
  larger.set(bytes)
  return larger
}
