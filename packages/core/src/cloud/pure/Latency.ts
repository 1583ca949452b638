/**
 * Remembers how long each node takes for one service: a peak EWMA.
 *
 * A slower sample counts at once, a faster one fades in. Without samples the memory fades towards
 * what the other nodes need: a node that was slow once is avoided, so it gets no samples that
 * could clear it, and only time can bring it back (CL5).
 *
 * **Gotchas**
 *
 * The median of the others is sorted at most ten times a second; within that it may be a little
 * old. Source of the shape: tower's PeakEwma, which lacks the fading towards the others.
 */
const decayMs = 10_000
/** At high rates the memory is shorter: so many answers a node. */
const decayAnswers = 100
/** What a node counts as while nothing is known about any. */
const unknownMs = 100
const sortEveryMs = 100
/** Times zero, no load would count. */
const leastMs = 0.01
/** One answer, however slow, counts as at most so many times the others'. */
const peakRatioMax = 10

interface Entry {
  valueMs: number
  atMs: number
  /** `answers` of the service when this was sampled. */
  atAnswer: number
  rank: number
}

/**
 * The samples of one service. Only this module looks inside.
 *
 * @category models
 */
export interface Latencies {
  readonly entries: Map<string, Entry>
  answers: number
  sorted: ReadonlyArray<number>
  sortedAtMs: number
}

/** @category constructors */
export const make = (): Latencies => ({
  entries: new Map(),
  answers: 0,
  sorted: [],
  sortedAtMs: Number.NEGATIVE_INFINITY
})

/** What `node` is expected to take now, in ms. */
export const expected = (latencies: Latencies, node: string, nowMs: number): number =>
  at(latencies, latencies.entries.get(node), nowMs)

/** Counts an answer that took `elapsedMs`. */
export const sample = (
  latencies: Latencies,
  node: string,
  elapsedMs: number,
  nowMs: number
): void => {
  const tookMs = Math.max(elapsedMs, leastMs)
  const entry = latencies.entries.get(node)
  const atAnswer = ++latencies.answers
  if (entry === undefined) {
    latencies.entries.set(node, { valueMs: tookMs, atMs: nowMs, atAnswer, rank: -1 })
    return
  }
  const current = at(latencies, entry, nowMs)
  const between = tookMs + (entry.valueMs - tookMs) * remaining(latencies, entry, nowMs)
  entry.valueMs = tookMs >= current ? tookMs : Math.min(current, between)
  entry.atMs = nowMs
  entry.atAnswer = atAnswer
}

/** Drops what is known about `node`. */
export const forget = (latencies: Latencies, node: string): void => {
  latencies.entries.delete(node)
  latencies.sortedAtMs = Number.NEGATIVE_INFINITY
}

/** How much of a sample is left: 1 at first, then towards 0. */
const remaining = ({ answers, entries }: Latencies, entry: Entry, nowMs: number) =>
  Math.exp(
    -Math.max(
      (nowMs - entry.atMs) / decayMs,
      (answers - entry.atAnswer) / (decayAnswers * entries.size)
    )
  )

const at = (latencies: Latencies, entry: Entry | undefined, nowMs: number): number => {
  sort(latencies, nowMs)
  const others = medianOfOthers(latencies, entry)
  return entry === undefined ? (others ?? unknownMs) : faded(latencies, entry, others, nowMs)
}

const faded = (
  latencies: Latencies,
  entry: Entry,
  others: number | undefined,
  nowMs: number
): number => {
  if (others === undefined) return entry.valueMs
  const valueMs = Math.min(entry.valueMs, peakRatioMax * others)
  return others + (valueMs - others) * remaining(latencies, entry, nowMs)
}

/** The lower median: of two others the faster one counts. */
const medianOfOthers = ({ sorted }: Latencies, entry: Entry | undefined): number | undefined => {
  if (entry === undefined) return sorted[(sorted.length - 1) >> 1]
  const middle = (sorted.length - 2) >> 1
  return middle < 0 ? undefined : sorted[entry.rank <= middle ? middle + 1 : middle]
}

/** Sorts what the nodes are expected to take now: what one took long ago says nothing of today. */
const sort = (latencies: Latencies, nowMs: number): void => {
  const { entries, sorted, sortedAtMs } = latencies
  if (sorted.length === entries.size && nowMs - sortedAtMs < sortEveryMs) return
  const byValue = Array.from(entries.values(), (entry) => {
    const others = entry.rank < 0 ? undefined : medianOfOthers(latencies, entry)
    return { entry, valueMs: faded(latencies, entry, others, nowMs) }
  }).toSorted((a, b) => a.valueMs - b.valueMs)
  for (const [rank, { entry }] of byValue.entries()) entry.rank = rank
  latencies.sorted = byValue.map(({ valueMs }) => valueMs)
  latencies.sortedAtMs = nowMs
}
