/**
 * Limits re-sends to a tenth of the calls of the last 10 seconds, plus 10 at once (CL14).
 *
 * Without a budget, clients of a slow cloud send everything twice, and make it slower.
 */
export interface RetryBudget {
  /** Calls of each of the last 10 seconds, by second modulo 10. */
  readonly calls: Float64Array
  second: number
  /** Re-sends of the window; what is older fades out. */
  spent: number
}

const seconds = 10
const share = 0.1
const reserveMax = 10

export const make = (): RetryBudget => ({
  calls: new Float64Array(seconds),
  second: 0,
  spent: 0
})

export const called = (budget: RetryBudget, nowMs: number): void => {
  advance(budget, nowMs)
  const at = budget.second % seconds
  budget.calls[at] = budget.calls[at]! + 1
}

/** Takes one re-send. `false`: there is none left now. */
export const spend = (budget: RetryBudget, nowMs: number): boolean => {
  advance(budget, nowMs)
  const calls = budget.calls.reduce((sum, count) => sum + count, 0)
  if (budget.spent >= calls * share + reserveMax) return false
  budget.spent++
  return true
}

const advance = (budget: RetryBudget, nowMs: number): void => {
  const second = Math.floor(nowMs / 1000)
  if (second <= budget.second) return
  const passed = Math.min(second - budget.second, seconds)
  for (let i = 1; i <= passed; i++) budget.calls[(budget.second + i) % seconds] = 0
  budget.spent *= 1 - passed / seconds
  budget.second = second
}
