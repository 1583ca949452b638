/**
 * Leaves out a node that fails again and again, and tries it again with one request.
 *
 * ```
 *   in ──5 failures in a row──> out (1 s, doubling to 30 s) ──time──> due ──request──> on trial
 *    ^                           ^                                                       │
 *    └── an answer               └──────────────────────────────────── a failure ────────┘
 * ```
 */
const failuresMax = 5
const outMs = 1_000
const outMaxMs = 30_000

/** @category models */
export interface Outlier {
  failuresInARow: number
  /** How often it was left out since its last answer. 0: it is in. */
  times: number
  /** Out, or on trial, until then. A trial that is never decided ends too. */
  untilMs: number
  onTrial: boolean
}

/** @category constructors */
export const make = (): Outlier => ({
  failuresInARow: 0,
  times: 0,
  untilMs: 0,
  onTrial: false
})

export const isOut = (outlier: Outlier, nowMs: number): boolean =>
  outlier.times > 0 && nowMs < outlier.untilMs

/** The next request is its trial. */
export const isDue = (outlier: Outlier, nowMs: number): boolean =>
  outlier.times > 0 && nowMs >= outlier.untilMs

export const started = (outlier: Outlier, nowMs: number): void => {
  if (!isDue(outlier, nowMs)) return
  outlier.onTrial = true
  outlier.untilMs = nowMs + outMaxMs
}

export const answered = (outlier: Outlier): void => {
  outlier.failuresInARow = 0
  outlier.times = 0
  outlier.onTrial = false
}

/** Failures of older requests, while it is out, change nothing: they are the same incident. */
export const failed = (outlier: Outlier, nowMs: number): void => {
  outlier.failuresInARow++
  if (outlier.failuresInARow < failuresMax) return
  if (outlier.times > 0 && !outlier.onTrial && isOut(outlier, nowMs)) return
  outlier.untilMs = nowMs + Math.min(outMaxMs, outMs * 2 ** Math.min(outlier.times, 10))
  outlier.times++
  outlier.onTrial = false
}

/** The trial said nothing: the next request is one. */
export const undecided = (outlier: Outlier, nowMs: number): void => {
  if (!outlier.onTrial) return
  outlier.onTrial = false
  outlier.untilMs = nowMs
}
