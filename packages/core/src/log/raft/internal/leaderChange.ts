import type { IncarnationId } from "@distri/raft/IncarnationId"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** Tells those who wait that another node leads, or none. */
export class LeaderChange {
  #leader: IncarnationId | undefined = undefined
  #next = Deferred.makeUnsafe<void>()
  #isClosed = false

  /** Ends at the next change, and at once when nothing changes any more. */
  readonly next: Effect.Effect<void> = Effect.suspend(() =>
    this.#isClosed ? Effect.void : Deferred.await(this.#next)
  )

  /** `leader` leads now. `true`: it did not before. */
  tell(leader: IncarnationId | undefined): boolean {
    if (leader === this.#leader) return false
    this.#leader = leader
    const change = this.#next
    this.#next = Deferred.makeUnsafe()
    Deferred.doneUnsafe(change, Effect.void)
    return true
  }

  close(): void {
    this.#isClosed = true
    Deferred.doneUnsafe(this.#next, Effect.void)
  }
}
