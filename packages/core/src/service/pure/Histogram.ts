/**
 * Estimates percentiles of durations in constant memory.
 *
 * Buckets grow by a tenth, so an answer is at most 10 % above the truth. 0.01 ms to about 30
 * minutes; what lies outside counts as the nearest edge.
 */
export interface Histogram {
  readonly counts: Float64Array
  total: number
}

const smallestMs = 0.01
const growth = Math.log(1.1)
const buckets = 272

export const make = (): Histogram => ({ counts: new Float64Array(buckets), total: 0 })

export const record = (self: Histogram, ms: number): void => {
  const at = Math.ceil(Math.log(Math.max(ms, smallestMs) / smallestMs) / growth)
  const bucket = Math.min(at, buckets - 1)
  self.counts[bucket] = self.counts[bucket]! + 1
  self.total++
}

/** The duration that `share` (0 to 1) of the records do not exceed, in ms. 0 without records. */
export const percentile = (self: Histogram, share: number): number => {
  let left = Math.ceil(self.total * share)
  if (left === 0) return 0
  for (let bucket = 0; bucket < buckets; bucket++) {
    left -= self.counts[bucket]!
    if (left <= 0) return smallestMs * Math.exp(growth * bucket)
  }
  return smallestMs * Math.exp(growth * (buckets - 1))
}
