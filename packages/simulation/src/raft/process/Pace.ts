/** How fast one machine is: its disk, its state machine, its loop, its clock. Faults make it slower. */
import { Random } from "../../random/Random.ts"
import type { Profile } from "../Profile.ts"

export class Pace {
  /** Set by faults: how much longer a sync takes, and an apply. */
  slowSyncMs = 0
  slowApplyMs = 0
  private readonly random: Random
  private readonly profile: Profile
  private readonly skewMs: number

  constructor(seed: number, name: string, profile: Profile) {
    this.random = new Random(seed, `${name}/delays`)
    this.profile = profile
    this.skewMs = this.random.between(-1, 1) * profile.clockSkewMs
  }

  /** The wall clock of the machine. */
  clockMs(nowMs: number): number {
    return Math.round(1_700_000_000_000 + nowMs + this.skewMs)
  }

  firstTickMs(): number {
    return this.random.next() * this.profile.tickMs
  }

  tickMs(): number {
    return this.profile.tickMs + this.random.next() * this.profile.tickJitterMs
  }

  turnMs(): number {
    return this.random.next() * this.profile.turnMaxMs
  }

  syncMs(): number {
    return this.slowSyncMs + this.random.between(this.profile.syncMinMs, this.profile.syncMaxMs)
  }

  applyMs(): number {
    return this.slowApplyMs + this.random.next() * this.profile.applyMaxMs
  }

  /** How many of the entries that wait are applied at once. */
  applyCount(waiting: number): number {
    return this.random.chance(0.8) ? waiting : 1 + this.random.below(waiting)
  }

  /** Until the core hears of an apply. */
  reportMs(): number {
    return this.random.next() * this.profile.reportMaxMs
  }
}
