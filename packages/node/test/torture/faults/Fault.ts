/** What may go wrong with a cloud. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Random } from "../../../../simulation/src/random/Random.ts"
import type { Cloud } from "../Cloud.ts"
import type { Network } from "../relay/Network.ts"
import type { Volume } from "../Volume.ts"
import type { WallClock } from "../WallClock.ts"

/** What faults are done to. */
export interface Victim {
  readonly cloud: Cloud
  readonly network: Network
  /** Nodes are on disks of their own, and may all lose what they have in memory. */
  readonly hasDisk: boolean
  /** The node that comes and goes. */
  readonly spare: string
  readonly volumes: ReadonlyMap<string, Volume>
  readonly clocks: ReadonlyMap<string, WallClock>
}

/** One fault, drawn. */
export interface Drawn {
  /** For people. */
  readonly what: string
  /** No other fault touches these meanwhile. */
  readonly nodes: ReadonlyArray<string>
  /** Begins, lasts, and ends. */
  readonly run: Effect.Effect<void, never, Scope.Scope>
}

export interface Fault {
  readonly kind: string
  /** Drawn so often, compared with the others. */
  readonly weight: number
  /**
   * Begins only when the cloud is whole and nothing else is wrong, and nothing else begins until the
   * cloud is whole again: a copy of the data is lost for good.
   */
  readonly isAlone: boolean
  /** Draws one for some of the `free` nodes; undefined: it does not fit now. */
  readonly draw: (
    victim: Victim,
    random: Random,
    free: ReadonlyArray<string>
  ) => Effect.Effect<Drawn | undefined>
}

export const seconds = (random: Random, low: number, high: number): number =>
  Math.round(random.between(low, high) * 10) / 10

export const list = (names: ReadonlyArray<string>): string => names.join(", ")
