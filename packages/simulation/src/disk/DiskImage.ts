/**
 * The disk of one simulated machine. It outlives the processes on it, which see what each other wrote; a
 * crash of the machine keeps what was synced, and a random part of what was not (SIM4).
 *
 * What happens to a disk over the years is done to it from outside: a bit turns over, it is full, it is
 * lost, or an old copy takes its place.
 */
import type { Random } from "../random/Random.ts"
import { SimFile } from "./SimFile.ts"
import { parentOf, SimNames } from "./SimNames.ts"

/** One process that uses the disk. */
export interface Life {
  isOver: boolean
}

/**
 * An empty disk. `capacityBytes` may change at any time.
 *
 * @category models
 * @since 0.1.0
 */
export class DiskImage {
  /** How many bytes all files may have together. */
  capacityBytes = Number.POSITIVE_INFINITY
  private names = new SimNames()
  private directories = new Set([""])
  private lives: Array<Life> = []
  private locks = new Map<string, Life>()

  /** All files as programs see them, in order of code units. */
  get paths(): ReadonlyArray<string> {
    return this.names.paths()
  }

  get usedBytes(): number {
    let bytes = 0
    for (const { size } of this.names.files()) bytes += size
    return bytes
  }

  file(path: string): SimFile | undefined {
    return this.names.get(path)
  }

  /** The power fails: processes end, and so does what they did not sync. Draws how much of it. */
  crash(random: Random): void {
    this.endProcesses()
    const keepRatio = random.pick([0, 1, random.next()])
    this.names.crash(random, keepRatio)
  }

  /** Processes end, in whatever way: the machine still has what they wrote, but not their locks. */
  endProcesses(): void {
    for (const life of this.lives) life.isOver = true
    this.lives = []
    this.locks = new Map()
  }

  /** All that was ever synced is gone. */
  lose(): void {
    this.endProcesses()
    this.names = new SimNames()
    this.directories = new Set([""])
  }

  /** What is durable now. To put an old disk back, use its copy instead of this one. */
  copy(): DiskImage {
    const copy = new DiskImage()
    copy.capacityBytes = this.capacityBytes
    copy.names = this.names.copy()
    copy.directories = new Set(this.directories)
    return copy
  }

  begin(): Life {
    const life = { isOver: false }
    this.lives.push(life)
    return life
  }

  /** False: another process has it. */
  lock(directory: string, life: Life): boolean {
    if (this.locks.has(directory)) return false
    this.locks.set(directory, life)
    return true
  }

  unlock(directory: string, life: Life): void {
    if (this.locks.get(directory) === life) this.locks.delete(directory)
  }

  makeDirectory(path: string): void {
    for (let at = path; !this.directories.has(at); at = parentOf(at)) this.directories.add(at)
  }

  hasDirectory(path: string): boolean {
    return this.directories.has(path)
  }

  list(directory: string): ReadonlyArray<string> {
    return [...this.names.paths(), ...this.directories]
      .filter((path) => path !== "" && parentOf(path) === directory)
      .map((path) => path.slice(directory.length + 1))
      .toSorted()
  }

  create(path: string): void {
    this.names.create(new SimFile(path))
  }

  rename(file: SimFile, to: string): void {
    this.names.rename(file, to)
  }

  remove(file: SimFile): void {
    this.names.remove(file)
  }

  syncDirectory(path: string): void {
    this.names.sync(path)
  }
}
