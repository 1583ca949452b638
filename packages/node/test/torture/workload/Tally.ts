/** Counts what became of operations, and how long writes stood still, by what went wrong meanwhile. */

export type Ending = "ok" | "refused" | "unknown"

export interface Counts {
  readonly ok: number
  readonly refused: number
  readonly unknown: number
}

export class Tally {
  private readonly counts = new Map<string, Record<Ending, number>>()
  private readonly stallMs = new Map<string, number>()
  private readonly active = new Map<string, number>()
  private since = new Set<string>()
  private lastMs = performance.now()

  ended(kind: string, how: Ending): void {
    const counts = this.counts.get(kind) ?? { ok: 0, refused: 0, unknown: 0 }
    counts[how] += 1
    this.counts.set(kind, counts)
    if (how === "ok" && !kind.endsWith("read")) this.wrote()
  }

  /** A fault of this kind is at work, until what is returned is called. */
  suffer(kind: string): () => void {
    this.active.set(kind, (this.active.get(kind) ?? 0) + 1)
    this.since.add(kind)
    return () => {
      const left = this.active.get(kind)! - 1
      if (left === 0) this.active.delete(kind)
      else this.active.set(kind, left)
    }
  }

  /** Stalls are counted from now on. */
  begin(): void {
    this.lastMs = performance.now()
    this.since = new Set(this.active.keys())
    this.stallMs.clear()
  }

  private wrote(): void {
    const nowMs = performance.now()
    const gapMs = nowMs - this.lastMs
    for (const kind of this.since.size === 0 ? ["calm"] : this.since) {
      this.stallMs.set(kind, Math.max(gapMs, this.stallMs.get(kind) ?? 0))
    }
    this.lastMs = nowMs
    this.since = new Set(this.active.keys())
  }

  get byKind(): ReadonlyMap<string, Counts> {
    return this.counts
  }

  get total(): Counts {
    const total = { ok: 0, refused: 0, unknown: 0 }
    for (const counts of this.counts.values()) {
      for (const how of ["ok", "refused", "unknown"] as const) total[how] += counts[how]
    }
    return total
  }

  /** The longest time without a write that was acknowledged, by kind of fault. */
  get stalls(): ReadonlyMap<string, number> {
    return this.stallMs
  }

  /** How long writes have stood still by now. */
  get stallingMs(): number {
    return performance.now() - this.lastMs
  }
}
