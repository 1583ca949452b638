import { Unavailable } from "@distri/core/log/ReplicatedLog"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { append, barrier, bytes, distinct, read, surely, words } from "../log.ts"
import { type Engine, type Law, law, must, same } from "../Law.ts"

export const ofEnds = <R>({ open, reopen }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL12] what starts again has every acknowledged entry, or is another log", function* () {
    const { leader } = yield* open()
    const acknowledged = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    const identity = yield* surely(leader.identity)
    if (reopen === undefined) return
    const before = words(yield* read(leader, 1, yield* barrier(leader)))
    const again = yield* reopen
    if ((yield* surely(again.leader.identity)) !== identity) return
    const last = yield* barrier(again.leader)
    must(last >= acknowledged.at(-1)!, "it does not end before")
    const found = yield* read(again.leader, 1, last)
    same(words(found), before, "all is there, and nothing more")
    same(distinct(before), ["a", "b", "c"], "and it is what was appended")
  }),
  law("[RL14] an interrupted call leaves nothing behind", function* () {
    const { leader, other } = yield* open()
    for (const log of [leader, other]) {
      const start = yield* barrier(log)
      const calls = Effect.all(
        [
          read(log, start + 1, start + 1000),
          log.append(bytes("half"), { id: "half" }),
          log.barrier
        ],
        { concurrency: "unbounded" }
      )
      for (let at = 0; at < 50; at += 1) {
        const fiber = yield* Effect.forkChild(calls, { startImmediately: at % 2 === 0 })
        if (at % 3 === 0) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
      }
      const index = yield* append(log, "whole")
      const found = words(yield* read(log, 1, index))
      must(
        found.every((word) => word === "half" || word === "whole"),
        "an entry is there whole or not at all"
      )
    }
  }),
  law("[RL16] when the log closes, what waits ends with a typed error", function* () {
    const scope = yield* Scope.make()
    const { leader, other } = yield* Scope.provide(open(), scope)
    const last = yield* append(leader, "a")
    const waiting = yield* Effect.forEach([leader, other], (log) =>
      Effect.forkChild(Effect.flip(read(log, last + 1, last + 1000)), { startImmediately: true })
    )
    yield* Effect.yieldNow
    yield* Scope.close(scope, Exit.void)
    const stopping = new Unavailable({ reason: "Stopping" })
    for (const [at, log] of [leader, other].entries()) {
      same(yield* Fiber.join(waiting[at]!), stopping, "a reader learns it")
      same(yield* Effect.flip(log.barrier), stopping, "a barrier learns it")
      const { _tag } = yield* Effect.flip(log.append(bytes("b"), { id: "b" }))
      must(_tag === "Unavailable" || _tag === "Ambiguous", "an append learns it")
    }
  })
]
