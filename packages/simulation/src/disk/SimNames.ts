/**
 * The names of files: as programs see them, and as they lie on the disk. A change of names is taken as a
 * whole or not at all, at any time until the folder is synced. One that builds on another, since both
 * are about one name, is not taken without it.
 */
import type { Random } from "../random/Random.ts"
import type { SimFile } from "./SimFile.ts"

/** `from` and `to`: both for a rename, one alone for a name that goes or comes. */
interface Change {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly file: SimFile
}

export class SimNames {
  private live = new Map<string, SimFile>()
  private durable = new Map<string, SimFile>()
  private waiting: Array<Change> = []

  get(path: string): SimFile | undefined {
    return this.live.get(path)
  }

  paths(): ReadonlyArray<string> {
    return [...this.live.keys()].toSorted()
  }

  files(): ReadonlyArray<SimFile> {
    return [...this.live.values()]
  }

  create(file: SimFile): void {
    this.change({ from: undefined, to: file.path, file })
  }

  remove(file: SimFile): void {
    this.change({ from: file.path, to: undefined, file })
  }

  rename(file: SimFile, to: string): void {
    if (file.path === to) return
    this.change({ from: file.path, to, file })
    file.path = to
  }

  sync(directory: string): void {
    const needed = new Set<string>()
    const rest: Array<Change> = []
    const taken: Array<Change> = []
    for (const change of this.waiting.toReversed()) {
      const paths = pathsOf(change)
      const isTaken = paths.some((path) => parentOf(path) === directory || needed.has(path))
      if (isTaken) for (const path of paths) needed.add(path)
      ;(isTaken ? taken : rest).push(change)
    }
    for (const change of taken.toReversed()) apply(this.durable, change)
    this.waiting = rest.toReversed()
  }

  /** What was synced stays, of names and bytes; of the rest `keepRatio` (SIM4). */
  crash(random: Random, keepRatio: number): void {
    // A name that was removed may come back, and its bytes with it.
    const waiting = this.waiting.map(({ file }) => file)
    const files = new Set([...this.live.values(), ...this.durable.values(), ...waiting])
    for (const file of files) file.crash(random, keepRatio)
    const lost = new Set<string>()
    for (const change of this.waiting) {
      const paths = pathsOf(change)
      if (random.chance(keepRatio) && !paths.some((path) => lost.has(path))) {
        apply(this.durable, change)
      } else for (const path of paths) lost.add(path)
    }
    this.waiting = []
    this.live = new Map(this.durable)
    for (const [path, file] of this.live) file.path = path
  }

  /** What lies on the disk. */
  copy(): SimNames {
    const copy = new SimNames()
    const files = new Map<SimFile, SimFile>()
    for (const [path, file] of this.durable) {
      if (!files.has(file)) files.set(file, file.copy())
      copy.durable.set(path, files.get(file)!)
    }
    copy.live = new Map(copy.durable)
    return copy
  }

  private change(change: Change): void {
    apply(this.live, change)
    this.waiting.push(change)
  }
}

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

const pathsOf = ({ from, to }: Change): ReadonlyArray<string> =>
  [from, to].filter((path) => path !== undefined)

const apply = (names: Map<string, SimFile>, { from, to, file }: Change): void => {
  if (from !== undefined) names.delete(from)
  if (to !== undefined) names.set(to, file)
}
