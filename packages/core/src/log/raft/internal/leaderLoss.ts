/** So long nothing may reach a leader before it is taken for gone. */
const goneAfterMs = 100
/** Ticks that those who noticed it wait before they campaign, by chance, so as not to split the votes. */
const waitMaxTicks = 3

/**
 * Notices that the process of the leader is gone, sooner than by its silence: nobody listens where it
 * was. Then it is forgotten, and this node asks for votes as soon as the others have noticed too.
 *
 * A hint and no more: who still hears the leader refuses the vote.
 */
export class LeaderLoss {
  readonly #random: () => number
  #failedSinceMs: number | undefined = undefined
  #ticksLeft: number | undefined = undefined

  constructor(random: () => number) {
    this.#random = random
  }

  /** The leader was heard, or there is another one. */
  reset(): void {
    this.#failedSinceMs = undefined
    this.#ticksLeft = undefined
  }

  /** A message could not be sent to the leader. `true`: it is gone. */
  failed(nowMs: number): boolean {
    this.#failedSinceMs ??= nowMs
    if (this.#ticksLeft !== undefined || nowMs - this.#failedSinceMs < goneAfterMs) return false
    this.#ticksLeft = Math.floor(this.#random() * (waitMaxTicks + 1))
    return true
  }

  /** A tick has passed. `true`: it is time to ask for votes. */
  isDue(): boolean {
    if (this.#ticksLeft === undefined) return false
    this.#ticksLeft -= 1
    if (this.#ticksLeft >= 0) return false
    this.reset()
    return true
  }
}
