import type { Result } from "@distri/store/command/Result"
import type { LogIndex } from "@distri/store/value/LogIndex"

/** Between a write and the look at its result lie the entries of about one batch. */
const kept = 8192

/**
 * The results of the last entries, by their index. A write looks here first; the state remembers
 * longer, but not for every kind of sender.
 */
export const make = () => {
  const indices = new Float64Array(kept)
  const results: Array<Result | undefined> = Array.from({ length: kept })
  return {
    put: (index: LogIndex, result: Result) => {
      indices[index % kept] = index
      results[index % kept] = result
    },
    at: (index: LogIndex): Result | undefined =>
      indices[index % kept] === index ? results[index % kept] : undefined
  }
}
