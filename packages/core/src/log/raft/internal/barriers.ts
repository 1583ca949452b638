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
  #running: Array<Waiting> = []
  #next: Array<Waiting> = []
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
    const joins = this.#breaks.joinRunningRound === true && this.#running.length > 0
    const waiting: Waiting = { sinceMs: nowMs, token: this.#token + (joins ? 0 : 1), answer }
    ;(joins ? this.#running : this.#next).push(waiting)
    return () => {
      this.#running = this.#running.filter((other) => other !== waiting)
      this.#next = this.#next.filter((other) => other !== waiting)
    }
  }

  /** The token of a round to ask for now, if one is due. */
  round(nowMs: number): number | undefined {
    const isOver = this.#running.length === 0
    if (!isOver && nowMs - this.#startedMs < roundMaxMs) return undefined
    if (isOver && this.#next.length === 0) return undefined
    // A later round serves those as well whose round got lost, or is slow.
    for (const waiting of this.#next) this.#running.push(waiting)
    this.#next = []
    this.#startedMs = nowMs
    this.#token += 1
    return this.#token
  }

  /** However late it comes: where every round is slow, the next one would be no quicker. */
  answered(token: number, index: LogIndex): void {
    // Of another life of this memory.
    if (token > this.#token) return
    const isServed = (waiting: Waiting) => waiting.token <= token
    const answered = this.#running.filter(isServed)
    this.#running = this.#running.filter((waiting) => !isServed(waiting))
    for (const { answer } of answered) answer(index)
  }

  /** Tells those that have waited too long. */
  expire(nowMs: number, reason: Unavailable["reason"]): void {
    const isLate = ({ sinceMs }: Waiting) => nowMs - sinceMs >= waitMaxMs
    const late = [...this.#running, ...this.#next].filter(isLate)
    if (late.length === 0) return
    this.#running = this.#running.filter((waiting) => !isLate(waiting))
    this.#next = this.#next.filter((waiting) => !isLate(waiting))
    for (const { answer } of late) answer(new Unavailable({ reason }))
  }

  close(reason: Unavailable["reason"]): void {
    const all = [...this.#running, ...this.#next]
    this.#running = []
    this.#next = []
    for (const { answer } of all) answer(new Unavailable({ reason }))
  }
}
