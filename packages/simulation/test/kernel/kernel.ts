/** A kernel for tests, and programs run in it. */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Budget, defaultBudget } from "../../src/kernel/Budget.ts"
import { SimKernel } from "../../src/kernel/SimKernel.ts"
import { SimProcess } from "../../src/kernel/SimProcess.ts"
import { Random } from "../../src/random/Random.ts"

/** Real time stands still unless a test says otherwise. */
export const makeKernel = (
  options: {
    readonly interleave?: number
    readonly budget?: Partial<Budget>
    readonly realNowMs?: () => number
  } = {}
) =>
  new SimKernel({
    interleaving:
      options.interleave === undefined ? undefined : new Random(options.interleave, "interleave"),
    budget: { ...defaultBudget, ...options.budget },
    realNowMs: options.realNowMs ?? (() => 0)
  })

/** Runs a program in a process of its own; what it comes to is known when time has passed. */
export const start = <A, E>(
  kernel: SimKernel,
  program: Effect.Effect<A, E>,
  name = "p",
  number = 1
) => {
  const process = new SimProcess(kernel, name, number)
  const fiber = process.start(program, Context.empty())
  return { process, fiber }
}

/** What a program succeeds with, within an hour of simulated time. */
export const valueOf = <A, E>(
  kernel: SimKernel,
  program: Effect.Effect<A, E>,
  process = new SimProcess(kernel, "p", 1)
): A => {
  const fiber = process.start(program, Context.empty())
  kernel.runUntil(kernel.nowMs + 3_600_000, () => fiber.pollUnsafe() !== undefined)
  const exit = fiber.pollUnsafe()
  if (exit === undefined) return assert.fail(`it did not end: ${kernel.stopped?.detail}`)
  return Exit.isSuccess(exit) ? exit.value : assert.fail(String(exit.cause))
}
