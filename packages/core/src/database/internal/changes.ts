import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { LogIndex } from "@distri/store/value/LogIndex"
import type { Change, Dropped } from "@distri/store/watch/Change"
import { ChangeRing, defaultLimits, type RingLimits } from "@distri/store/watch/ChangeRing"
import type { Unavailable } from "../../log/ReplicatedLog.ts"

export type Changes = Effect.Success<ReturnType<typeof make>>

type Limits = { readonly [K in keyof RingLimits]?: RingLimits[K] | undefined }

/**
 * The last changes of this node, and a signal for those who have read them all.
 *
 * Both `push` and `reset` come before the state that they lead to is published (ST16): a watcher
 * that sees a state finds all that led to it here, or learns that it is forgotten.
 */
export const make = ({
  bytesMax = defaultLimits.bytesMax,
  changesMax = defaultLimits.changesMax
}: Limits = {}) =>
  Effect.sync(() => {
    const ring = new ChangeRing({ bytesMax, changesMax })
    // By collection, so that a change wakes nobody whom it does not concern.
    const signals = new Map<LogIndex, Deferred.Deferred<void, Unavailable>>()
    let stopped: Unavailable | undefined

    const wake = (uid: LogIndex, news: Effect.Effect<void, Unavailable>) => {
      const signal = signals.get(uid)
      if (signal === undefined) return
      signals.delete(uid)
      Deferred.doneUnsafe(signal, news)
    }
    const wakeAll = (news: Effect.Effect<void, Unavailable>) => {
      for (const uid of Array.from(signals.keys())) wake(uid, news)
    }

    return {
      ring,
      /** All changes of the entry at `index`, in order. */
      push: (index: LogIndex, changes: ReadonlyArray<Change | Dropped>) => {
        ring.push(index, changes)
        for (const { uid } of changes) wake(uid, Effect.void)
      },
      /** The copy begins anew with the state after `index`. */
      reset: (index: LogIndex) => {
        ring.reset(index)
        wakeAll(Effect.void)
      },
      /** Waits for the next push that concerns the collection. */
      changed: (uid: LogIndex): Effect.Effect<void, Unavailable> =>
        Effect.suspend(() => {
          if (stopped !== undefined) return Effect.fail(stopped)
          const known = signals.get(uid)
          const signal = known ?? Deferred.makeUnsafe<void, Unavailable>()
          if (known === undefined) signals.set(uid, signal)
          return Deferred.await(signal)
        }),
      /** Nothing more will come. Whoever waits fails with the reason. */
      stop: (why: Unavailable) => {
        stopped = why
        wakeAll(Effect.fail(why))
      }
    }
  })
