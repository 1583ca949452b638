/** RaftLog as an engine for the contract: nodes that call each other directly, in time that passes by itself. */
import type { LogStorage } from "@distri/core/log/storage/LogStorage"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { leaderOf, makeNetwork, type Running } from "../../../core/test/log/raftNodes.ts"
import type { Engine, Limits, Subject } from "../../src/contract/ReplicatedLogContract.ts"

type Storage = Layer.Layer<LogStorage, never, SecureRandom.SecureRandom>

/** `makeDisks`: what nodes have kept when they start. Without it they keep nothing. */
export const engine = (nodes: number, makeDisks?: () => (name: string) => Storage): Engine => {
  const names = Array.from({ length: nodes }, (_, at) => `node-${at}`)
  let running: ReadonlyArray<Running> = []
  let storage: ((name: string) => Storage) | undefined
  let wallMs = 0

  const start = Effect.fnUntraced(function* (limits: Limits) {
    const { startAll } = yield* makeNetwork
    running = yield* startAll(names, (name) => ({
      ...limits,
      wallMs: () => wallMs,
      ...(storage !== undefined && { storage: storage(name) })
    }))
    const leader = yield* leaderOf(running)
    // Of five the last one is no member, and asks others for everything.
    const other = running.findLast((node) => node !== leader) ?? leader
    return { leader: leader.log, other: other.log } satisfies Subject
  })
  const open: Engine["open"] = (limits = {}) =>
    Effect.suspend(() => {
      storage = makeDisks?.()
      return Effect.andThen(passTime, start(limits))
    })
  return {
    open,
    setTime: (ms) => Effect.sync(() => void (wallMs = ms)),
    reopen: Effect.suspend(() =>
      Effect.andThen(
        Effect.forEach(running, ({ stop }) => stop, { discard: true }),
        start({})
      )
    )
  }
}

const passTime: Effect.Effect<void, never, Scope.Scope> = Effect.asVoid(
  Effect.forkScoped(Effect.forever(Effect.andThen(TestClock.adjust("2 millis"), Effect.yieldNow)))
)
