/**
 * Turns rounds into medians, spreads and ratios, and those into a table.
 *
 * A ratio is the median of the ratios of each round, not the ratio of two medians: the contenders of
 * one round met the same machine.
 */
import type { Benchmark, Measured, Metric } from "./Benchmark.ts"
import type { Result } from "./harness.ts"

/** One metric of one contender under one load. */
export interface Row {
  readonly benchmark: string
  readonly inFlight: number
  readonly contender: string
  readonly metric: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** How many times better Distri is. */
  readonly ratio: number
}

export const rows = (benchmark: Benchmark, results: ReadonlyArray<Result>): ReadonlyArray<Row> =>
  results.flatMap(({ contender, inFlight, rounds }) => {
    const ours = results.find((result) => result.inFlight === inFlight)!.rounds
    return rounds.length === 0
      ? []
      : benchmark.metrics.map((metric) => ({
          benchmark: benchmark.name,
          inFlight,
          contender,
          metric: metric.name,
          ...spread(rounds.map(metric.of)),
          ratio: median(rounds.flatMap((theirs, round) => ratio(metric, ours[round], theirs)))
        }))
  })

const ratio = ({ better, of }: Metric, ours: Measured | undefined, theirs: Measured) => {
  if (ours === undefined) return []
  // Both may be 0.
  if (of(ours) === of(theirs)) return 1
  return better === "more" ? of(ours) / of(theirs) : of(theirs) / of(ours)
}

const spread = (values: ReadonlyArray<number>) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values)
})

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A table for each load: a line for each contender, its metrics and their ratios. */
export const table = (benchmark: Benchmark, results: ReadonlyArray<Result>): string => {
  const all = rows(benchmark, results)
  const line = ({ contender, error, inFlight }: Result) => {
    const own = all.filter((row) => row.inFlight === inFlight && row.contender === contender)
    return error === undefined ? [contender, ...own.flatMap(cells)] : [contender, error]
  }
  const head = ["", ...benchmark.metrics.flatMap(({ name }) => [name, "min-max", "ratio"])]
  return benchmark.inFlight
    .map((inFlight) => {
      const lines = results.filter((result) => result.inFlight === inFlight).map(line)
      const load = `${inFlight} ${benchmark.load ?? "in flight"}`
      return `${benchmark.title}, ${load}\n\n${aligned([head, ...lines])}`
    })
    .join("\n\n")
}

const cells = ({ max, median, min, ratio }: Row) => [
  number(median),
  `${number(min)}-${number(max)}`,
  `${ratio.toFixed(2)}x`
]

const number = (value: number): string => {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)}k`
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

const aligned = (lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => (line.length > 2 ? (line[column]?.length ?? 0) : 0)))
  )
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n")
}
