import type { LogIndex } from "@distri/raft/LogIndex"
import { Unavailable } from "../../ReplicatedLog.ts"
import type { Breaks } from "../Breaks.ts"

export type Answer = LogIndex | Unavailable

interface Waiting {
  readonly sinceMs: number
  /** The first round that began after it came, and all later ones, serve it. */
  readonly token: number
  readonly answer: (answer: Answer) => void
}

/** A round that is not answered by then is asked for again. */
const roundMaxMs = 300
/** After so long a caller is told that nobody can say. */
const waitMaxMs = 5000

/**
 * Collects reads into rounds. Who comes while one is under way takes the next: the running one may
 * have begun before a write that the new one has to see (RL5).
 */
export class Barriers {
  // Thousands may give up one after the other.
  readonly #running = new Set<Waiting>()
  readonly #next = new Set<Waiting>()
  #startedMs = 0
  #token: number
  readonly #breaks: Breaks

  /** `firstToken`: above those of every earlier life of this memory, or far away from them. */
  constructor(firstToken: number, breaks: Breaks) {
    this.#token = firstToken
    this.#breaks = breaks
  }

  /** Waits for the next round. Returns what gives the place up. */
  add(nowMs: number, answer: (answer: Answer) => void): () => void {
    const joins = this.#breaks.joinRunningRound === true && this.#running.size > 0
    const waiting: Waiting = { sinceMs: nowMs, token: this.#token + (joins ? 0 : 1), answer }
    ;(joins ? this.#running : this.#next).add(waiting)
    return () => {
      this.#running.delete(waiting)
      this.#next.delete(waiting)
    }
  }

  /** The token of a round to ask for now, if one is due. */
  round(nowMs: number): number | undefined {
    const isOver = this.#running.size === 0
    if (!isOver && nowMs - this.#startedMs < roundMaxMs) return undefined
    if (isOver && this.#next.size === 0) return undefined
    // A later round serves those as well whose round got lost, or is slow.
    for (const waiting of this.#next) this.#running.add(waiting)
    this.#next.clear()
    this.#startedMs = nowMs
    this.#token += 1
    return this.#token
  }

  /** However late it comes: where every round is slow, the next one would be no quicker. */
  answered(token: number, index: LogIndex): void {
    // Of another life of this memory.
    if (token > this.#token) return
    this.#tell(({ token: first }) => first <= token, index)
  }

  /** Tells those that have waited too long. */
  expire(nowMs: number, reason: Unavailable["reason"]): void {
    this.#tell(({ sinceMs }) => nowMs - sinceMs >= waitMaxMs, new Unavailable({ reason }))
  }

  close(reason: Unavailable["reason"]): void {
    this.#tell(() => true, new Unavailable({ reason }))
  }

  #tell(whom: (waiting: Waiting) => boolean, what: Answer): void {
    const told = [...this.#running, ...this.#next].filter(whom)
    for (const waiting of told) {
      this.#running.delete(waiting)
      this.#next.delete(waiting)
    }
    for (const { answer } of told) answer(what)
  }
}
