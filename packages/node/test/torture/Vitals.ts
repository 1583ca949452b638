/**
 * Looks at the memory and the open files of the nodes, and whether they grow.
 *
 * A line is laid through what was seen after the first third of the run, when caches are full, and of
 * each process after its first half minute. What the line gains until the end is growth. A run that is
 * short says nothing about that.
 */
import * as fs from "node:fs"

interface Sample {
  readonly atMs: number
  readonly isWarm: boolean
  readonly residentMiB: number
  readonly files: number
}

export interface Grown {
  readonly node: string
  readonly residentMaxMiB: number
  readonly residentGrowthMiB: number
  readonly filesMax: number
  readonly filesGrowth: number
}

/** What a node may gain in the last two thirds of a run. */
export const growthMax = { residentMiB: 96, files: 32 } as const
/** What it may have at any time. */
export const max = { residentMiB: 768, files: 512 } as const
/** Shorter runs are not judged. */
export const judgedMs = 5 * 60_000

/** A process that is younger has not filled its heap yet. */
const coldMs = 30_000

/** Why nothing can be seen here; undefined: it can. */
export const unavailable = fs.existsSync("/proc/self/status")
  ? undefined
  : "this system has no /proc"

export class Vitals {
  private readonly samples = new Map<string, Array<Sample>>()
  private readonly bornMs = new Map<number, number>()

  look(node: string, pid: number): void {
    try {
      const status = fs.readFileSync(`/proc/${pid}/status`, "utf8")
      const residentMiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
      const files = fs.readdirSync(`/proc/${pid}/fd`).length
      if (residentMiB === 0) return
      const samples = this.samples.get(node) ?? []
      const atMs = performance.now()
      const bornMs = this.bornMs.get(pid) ?? atMs
      this.bornMs.set(pid, bornMs)
      samples.push({ atMs, isWarm: atMs - bornMs >= coldMs, residentMiB, files })
      this.samples.set(node, samples)
    } catch {
      // It ended meanwhile.
    }
  }

  get grown(): ReadonlyArray<Grown> {
    return Array.from(this.samples, ([node, samples]) => {
      const startMs = samples[0]!.atMs
      const endMs = samples.at(-1)!.atMs
      const lateMs = startMs + (endMs - startMs) / 3
      const late = samples.filter(({ atMs, isWarm }) => isWarm && atMs >= lateMs)
      return {
        node,
        residentMaxMiB: Math.round(Math.max(...samples.map(({ residentMiB }) => residentMiB))),
        residentGrowthMiB: Math.round(gain(late, ({ residentMiB }) => residentMiB)),
        filesMax: Math.max(...samples.map(({ files }) => files)),
        filesGrowth: Math.round(gain(late, ({ files }) => files))
      }
    })
  }

  /** What is out of bounds, in words. */
  problems(ranMs: number): ReadonlyArray<string> {
    return this.grown.flatMap((grown) => {
      const { filesGrowth, filesMax, node, residentGrowthMiB, residentMaxMiB } = grown
      const isLong = ranMs >= judgedMs
      return [
        ...(residentMaxMiB > max.residentMiB ? [`${node} had ${residentMaxMiB} MiB`] : []),
        ...(filesMax > max.files ? [`${node} had ${filesMax} files open`] : []),
        ...(isLong && residentGrowthMiB > growthMax.residentMiB
          ? [`${node} grew by ${residentGrowthMiB} MiB`]
          : []),
        ...(isLong && filesGrowth > growthMax.files ? [`${node} gained ${filesGrowth} files`] : [])
      ]
    })
  }
}

/** What the line of least squares gains from the first sample to the last. */
const gain = (samples: ReadonlyArray<Sample>, of: (sample: Sample) => number): number => {
  const count = samples.length
  if (count < 2) return 0
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count
  const meanY = samples.reduce((sum, sample) => sum + of(sample), 0) / count
  const above = samples.reduce((sum, one) => sum + (one.atMs - meanX) * (of(one) - meanY), 0)
  const below = samples.reduce((sum, { atMs }) => sum + (atMs - meanX) ** 2, 0)
  return below === 0 ? 0 : (above / below) * (samples.at(-1)!.atMs - samples[0]!.atMs)
}
