/** What was promised and did not hold, in the order in which it was found. */

export interface Finding {
  readonly atSeconds: number
  /** What kind of promise. */
  readonly kind: string
  readonly what: string
}

export class Findings {
  private readonly found: Array<Finding> = []
  private readonly startMs = performance.now()
  private readonly onFound: (finding: Finding) => void

  constructor(onFound: (finding: Finding) => void) {
    this.onFound = onFound
  }

  add(kind: string, what: string): void {
    const atSeconds = Math.round((performance.now() - this.startMs) / 100) / 10
    const finding = { atSeconds, kind, what }
    this.found.push(finding)
    this.onFound(finding)
  }

  get all(): ReadonlyArray<Finding> {
    return this.found
  }
}
