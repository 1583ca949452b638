/**
 * The documents of an access that have not expired and that the whole filter is true of, each once.
 *
 * Looks at as many as it is allowed to, so that whoever reads can let others run in between.
 */
import type { Stored } from "../state/State.ts"
import type { LogTime } from "../value/LogIndex.ts"
import type { Document } from "../value/Value.ts"
import type { Candidates } from "./Candidates.ts"

/** @category models */
export interface Options {
  readonly matches: (document: Document) => boolean
  /** Of the state: what has expired by then is not there. */
  readonly time: LogTime
  /** Whether a document can come several times. */
  readonly multi: boolean
}

/** @category models */
export class Matches {
  /** The document that the last `next` came to. */
  value!: Stored
  /** How many candidates there were until now. */
  scanned = 0
  /** There will be no more. */
  ended = false

  private readonly candidates: Candidates
  private readonly matches: Options["matches"]
  private readonly time: LogTime
  private readonly seen: Set<string> | undefined
  private left = 0

  constructor(candidates: Candidates, { matches, multi, time }: Options) {
    this.candidates = candidates
    this.matches = matches
    this.time = time
    this.seen = multi ? new Set() : undefined
  }

  /** From here on `next` may look at so many candidates. */
  allow(budget: number): void {
    this.left = budget
  }

  /** False at the end, or when as many were looked at as is allowed. */
  next(): boolean {
    while (this.left > 0) {
      const stored = this.candidates()
      this.ended = stored === undefined
      if (stored === undefined) return false
      this.left -= 1
      this.scanned += 1
      // The filter first: few pass it, and `expiresMs` stands elsewhere in memory.
      if (this.matches(stored.document) && stored.expiresMs > this.time && this.isNew(stored)) {
        this.value = stored
        return true
      }
    }
    return false
  }

  private isNew({ document: { _id: id } }: Stored): boolean {
    if (this.seen === undefined) return true
    const { size } = this.seen
    return this.seen.add(id).size > size
  }
}
