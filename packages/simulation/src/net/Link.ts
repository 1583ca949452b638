/**
 * One direction of the way between two machines: how long packets take on it, and whether it is cut. Each
 * has its own stream of randomness, so what happens on one does not change what happens on another (SIM6).
 */
import { Random } from "../random/Random.ts"
import type { NetProfile } from "./NetProfile.ts"

/** What waits for a way that is cut: TCP sends it again until it arrives. */
export interface Resending {
  readonly resend: () => void
}

/** A sender doubles the time between tries, up to this: so late may it notice that the way is open again. */
const backOffMaxMs = 3_000

export class Link {
  readonly name: string
  readonly number: number
  extraMs = 0
  readonly random: Random
  readonly profile: NetProfile
  private readonly waiting = new Set<Resending>()
  private bytesPerMs = Infinity
  private freeAtMs = 0
  private cuts = 0
  private cutSinceMs = 0

  constructor(seed: number, name: string, number: number, profile: NetProfile) {
    this.name = name
    this.number = number
    this.profile = profile
    this.random = new Random(seed, `network/${name}`)
  }

  get isCut(): boolean {
    return this.cuts > 0
  }

  cut(nowMs: number): void {
    if (this.cuts++ === 0) this.cutSinceMs = nowMs
  }

  /** All cuts have to end before anything passes. */
  mend(nowMs: number): void {
    if (--this.cuts > 0) return
    const waiting = [...this.waiting]
    this.waiting.clear()
    const backOffMs = Math.min(nowMs - this.cutSinceMs, backOffMaxMs)
    this.extraMs += backOffMs
    for (const { resend } of waiting) resend()
    this.extraMs -= backOffMs
  }

  wait(resending: Resending): void {
    this.waiting.add(resending)
  }

  limit(bytesPerMs: number, nowMs: number): void {
    this.bytesPerMs = bytesPerMs
    this.freeAtMs = nowMs
  }

  /** How long a packet takes that is sent now. Draws the same numbers whatever becomes of it. */
  delayMs(nowMs: number, bytes: number): number {
    const { delayMinMs, delayMaxMs, lossRatio, resendMs } = this.profile
    const isLost = this.random.chance(lossRatio)
    const share = this.random.next()
    const maxMs = delayMaxMs - delayMinMs + this.extraMs + (isLost ? resendMs : 0)
    this.freeAtMs = Math.max(this.freeAtMs, nowMs) + bytes / this.bytesPerMs
    return this.freeAtMs - nowMs + delayMinMs + share * maxMs
  }
}
