/** Judges histories in a thread of its own, so that the clients and relays of this one go on. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Worker } from "node:worker_threads"
import type { Recorded } from "../workload/model.ts"

export interface Judgement {
  readonly isLinearizable: boolean
  readonly steps: number
  /** For people. */
  readonly text: string
  /** The operations of the partition that is not, if one is not. */
  readonly partition?: ReadonlyArray<Recorded>
}

export interface Judge {
  readonly judge: (operations: ReadonlyArray<Recorded>) => Effect.Effect<Judgement>
}

export const make: Effect.Effect<Judge, never, Scope.Scope> = Effect.gen(function* () {
  const waiting = new Map<number, (judgement: Judgement) => void>()
  let asked = 0
  const thread = yield* Effect.acquireRelease(
    Effect.sync(() => new Worker(new URL("judgeThread.ts", import.meta.url))),
    (worker) => Effect.promise(() => worker.terminate())
  )
  thread.on("message", ([number, judgement]: readonly [number, Judgement]) => {
    waiting.get(number)?.(judgement)
    waiting.delete(number)
  })
  thread.on("error", (cause) => {
    const failed = { isLinearizable: false, steps: 0, text: `the judge failed: ${String(cause)}` }
    for (const answer of waiting.values()) answer(failed)
    waiting.clear()
  })
  return {
    judge: (operations) =>
      Effect.callback<Judgement>((resume) => {
        const number = asked++
        waiting.set(number, (judgement) => resume(Effect.succeed(judgement)))
        thread.postMessage([number, operations], [])
      })
  }
})
