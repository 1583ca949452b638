import { assert, it } from "@effect/vitest"
import * as RetryBudget from "../../src/client/pure/RetryBudget.ts"

const spendAll = (budget: RetryBudget.RetryBudget, nowMs: number) => {
  let spent = 0
  while (spent < 10_000 && RetryBudget.spend(budget, nowMs)) spent++
  return spent
}

it("[CL14] re-sends are limited to a tenth of the recent calls, plus ten", () => {
  const budget = RetryBudget.make()
  for (let call = 0; call < 500; call++) RetryBudget.called(budget, call * 10)
  assert.strictEqual(spendAll(budget, 5000), 60)
  assert.strictEqual(spendAll(budget, 5000), 0)
})

it("[CL14] calls older than 10 s earn nothing, and what was spent comes back", () => {
  const budget = RetryBudget.make()
  for (let call = 0; call < 500; call++) RetryBudget.called(budget, 0)
  spendAll(budget, 0)
  assert.strictEqual(spendAll(budget, 20_000), 10)
})
