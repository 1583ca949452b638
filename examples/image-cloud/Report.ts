/**
 * The result of a load test, as text for people and as one JSON object.
 */
import type { Outcome } from "./LoadTest.ts"

const row = (label: string, value: string) => `  ${`${label}:`.padEnd(24)}${value}`
const ms = (value: number) => `${value.toFixed(1)} ms`
/** To the hundredth: what a reader or a program can use. */
export const rounded = (value: number) => Math.round(value * 100) / 100

/** What `saved` counts differs between the tests; `label` says what. */
export interface Saved {
  readonly label: string
  readonly count: number
}

export const render = (title: string, { seconds, tally, work }: Outcome, saved: Saved): string => {
  const { avgMs, p50Ms, p99Ms } = tally.responses()
  return [
    title,
    row("Failed tasks", `${tally.failed} of ${tally.tasks}`),
    ...tally.whyFailed().map((why) => `    ${why}`),
    row(saved.label, String(saved.count)),
    row("Avg completion time", `${ms(work.completionMs)} (on the nodes)`),
    row("Avg response time", `${ms(avgMs)} (p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)})`),
    row("Duration", `${seconds.toFixed(1)} s (${(tally.done / seconds).toFixed(0)} tasks/s)`)
  ].join("\n")
}

/** Each node's part of the tasks that were completed. */
export const renderShares = ({ work: { shares } }: Outcome): string => {
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0)
  return [...shares]
    .map(([address, share]) => {
      const percent = total === 0 ? 0 : (100 * share) / total
      return row(address, `${String(share).padStart(6)} tasks  ${percent.toFixed(1).padStart(5)} %`)
    })
    .join("\n")
}

export const toJson = ({ seconds, tally, work }: Outcome, saved: Saved) => {
  const { avgMs, p50Ms, p99Ms } = tally.responses()
  return {
    failed: tally.failed,
    tasks: tally.tasks,
    saved: saved.count,
    avgMs: rounded(avgMs),
    p50Ms: rounded(p50Ms),
    p99Ms: rounded(p99Ms),
    completionMs: rounded(work.completionMs),
    seconds: rounded(seconds),
    shares: Object.fromEntries(work.shares)
  }
}
