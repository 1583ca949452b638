/**
 * Rules that the simulator breaks on purpose, to see that it would notice. All off; nothing but a
 * test may set one.
 */
import * as Context from "effect/Context"

/** @category models */
export interface Breaks {
  /** Says that a batch is durable before it is written (RL2). */
  readonly acknowledgeBeforeSync?: boolean
  /** Applies a write as if it came for the first time (ST7). */
  readonly skipSessions?: boolean
  /** Answers a linearizable read with what this node has (RL5). */
  readonly readLocally?: boolean
  /** Lets a read join a round that is under way (RL5). */
  readonly joinRunningRound?: boolean
}

/** @internal */
export const CurrentBreaks = Context.Reference<Breaks>("@distri/core/log/raft/Breaks", {
  defaultValue: () => ({})
})
