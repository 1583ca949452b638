/**
 * Decides what a call does after each attempt: answer, try elsewhere, wait, or give up.
 *
 * The question behind every branch is whether the request may have started. If not, it goes
 * elsewhere at once and for free. If nobody knows, only a service that may be repeated is sent
 * again, and beyond the first time that costs retry budget (CL14, CL15).
 *
 * Pure: time and randomness arrive as numbers.
 */
import type { NodeId } from "../../cloud/UpdateInfo.ts"
import type { Repeat } from "../../service/Access.ts"

/** How an attempt ended. */
export type Outcome =
  /** No connection, dial failed, or lost before sending. */
  | { readonly _tag: "NotSent" }
  /** Draining, NotReady: not started. */
  | { readonly _tag: "TurnedAway" }
  /** Overloaded: not started. */
  | { readonly _tag: "Overloaded"; readonly retryAfterMs: number }
  /** VersionMismatch, ServiceNotFound: this node can never serve it. */
  | { readonly _tag: "Unfit" }
  /** The node was lost or silent after sending, or handed back what it had begun. */
  | { readonly _tag: "Unknown" }
  /**
   * No node was left to try. `final`: those that are there will never serve it. `retryAfterMs`: when
   * the first of those that were not asked, since they are full, has room.
   */
  | { readonly _tag: "NobodyLeft"; readonly final: boolean; readonly retryAfterMs?: number }

export type Decision =
  /** Try another node at once, not one of `exclude`. */
  | { readonly _tag: "Elsewhere" }
  /** Wait, then try any node again. */
  | { readonly _tag: "Wait"; readonly ms: number }
  /** Nobody can serve it: the last refusal is the answer. */
  | { readonly _tag: "GiveUp" }
  /** It may have happened, and must not happen twice. */
  | { readonly _tag: "Ambiguous" }

export interface State {
  readonly repeat: Repeat
  /** Nodes that are not asked again until the next `Wait`. */
  readonly exclude: ReadonlySet<NodeId>
  /** Nodes that can never serve this call. */
  readonly unfit: ReadonlySet<NodeId>
  readonly waits: number
  readonly resends: number
  /** The earliest time at which a node that was full may have room. */
  readonly retryAfterMs: number
}

export const initial = (repeat: Repeat): State => ({
  repeat,
  exclude: new Set(),
  unfit: new Set(),
  waits: 0,
  resends: 0,
  retryAfterMs: 0
})

/**
 * Whether the next attempt ends in doubt when its node says nothing for 3 s (CL26). Only the first
 * one does: by then a silent node is suspect, so the next attempt gets one only where there is no
 * other, and waits for it.
 */
export const leavesSilent = ({ repeat, resends }: State): boolean =>
  repeat !== "once" && resends === 0

const backoffMinMs = 10
const backoffMaxMs = 1000

/**
 * Takes the outcome of an attempt at `node`. `remainingMs`: what is left of the call. `random`: 0
 * to 1, for jitter. `spend` takes one re-send from the budget, if there is one.
 */
export const step = (
  state: State,
  node: NodeId | undefined,
  outcome: Outcome,
  context: {
    readonly remainingMs: number
    readonly random: number
    readonly spend: () => boolean
  }
): readonly [State, Decision] => {
  const without = node === undefined ? state.exclude : new Set([...state.exclude, node])
  const elsewhere: Decision = { _tag: "Elsewhere" }
  switch (outcome._tag) {
    case "NotSent":
    case "TurnedAway":
      return [{ ...state, exclude: without }, elsewhere]
    case "Overloaded": {
      const retryAfterMs = sooner(state.retryAfterMs, outcome.retryAfterMs)
      return [{ ...state, exclude: without, retryAfterMs }, elsewhere]
    }
    case "Unfit": {
      const unfit = node === undefined ? state.unfit : new Set([...state.unfit, node])
      return [{ ...state, exclude: without, unfit }, elsewhere]
    }
    case "Unknown": {
      if (state.repeat === "once") return [state, { _tag: "Ambiguous" }]
      const next = { ...state, exclude: without, resends: state.resends + 1 }
      const free = state.resends === 0
      return [next, free || context.spend() ? elsewhere : { _tag: "Ambiguous" }]
    }
    case "NobodyLeft": {
      // When every refusal was final, waiting cannot help.
      const unfit = state.unfit.size > 0 && state.unfit.size === state.exclude.size
      const hopeless = unfit || outcome.final
      const ms = waitMs(
        { ...state, retryAfterMs: sooner(state.retryAfterMs, outcome.retryAfterMs ?? 0) },
        context.random
      )
      if (hopeless || ms >= context.remainingMs) return [state, { _tag: "GiveUp" }]
      const next = { ...state, exclude: state.unfit, waits: state.waits + 1, retryAfterMs: 0 }
      return [next, { _tag: "Wait", ms }]
    }
  }
}

/** The earlier of two times at which nodes have room; 0 is none. */
const sooner = (one: number, other: number): number =>
  one === 0 || other === 0 ? one + other : Math.min(one, other)

/** What a node asked for plus up to half, or full jitter on a growing backoff. */
const waitMs = (state: State, random: number): number =>
  state.retryAfterMs > 0
    ? state.retryAfterMs * (1 + random / 2)
    : Math.max(
        backoffMinMs,
        random * Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(state.waits + 1, 10))
      )
