/**
 * How good the network of a run is while nothing is wrong with it. Each seed draws its own, so that runs
 * differ in kind.
 */
import type { Random } from "../random/Random.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface NetProfile {
  /** Each packet takes from `delayMinMs` to `delayMaxMs`, evenly. */
  readonly delayMinMs: number
  readonly delayMaxMs: number
  /** This share of the packets was lost once: it comes later by up to `resendMs`, and what follows waits. */
  readonly lossRatio: number
  readonly resendMs: number
  /** This share of the writes arrives in two pieces, cut anywhere. */
  readonly splitRatio: number
  /** A sender whose packets are not answered gives up after a time between these. */
  readonly giveUpMinMs: number
  readonly giveUpMaxMs: number
}

export const drawNetProfile = (random: Random): NetProfile => ({
  delayMinMs: random.between(0.05, 1),
  delayMaxMs: random.pick([2, 5, 20, 80]),
  lossRatio: random.pick([0, 0.001, 0.01]),
  resendMs: random.pick([200, 1_000]),
  splitRatio: random.pick([0, 0.05, 0.3]),
  giveUpMinMs: 2_000,
  giveUpMaxMs: random.pick([5_000, 60_000])
})
