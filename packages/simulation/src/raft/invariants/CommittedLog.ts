/**
 * The one history that the cloud agreed on: at each index the term of the entry that was committed first,
 * by whichever node, and the term of that node then. Where logs match (RA3), a term stands for an entry
 * and for all before it.
 */
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { SimNode } from "../Invariant.ts"

export class CommittedLog {
  readonly #terms: Array<Term> = [0]
  readonly #committedIn: Array<Term> = [0]

  get last(): LogIndex {
    return this.#terms.length - 1
  }

  term(index: LogIndex): Term | undefined {
    return this.#terms[index]
  }

  /** Learns what `node` has committed. Says whether that was news. */
  learn({ raft }: SimNode): boolean {
    if (raft === undefined || raft.log.commit <= this.last) return false
    const { log } = raft
    // A founding snapshot above 0, or a broken build, may commit what nobody's log holds.
    for (let index = this.last + 1; index <= log.commit; index++) {
      this.#terms.push(log.term(index) ?? this.#terms.at(-1)!)
      this.#committedIn.push(raft.term)
    }
    return true
  }

  /** The last index that was committed in a term below `term`. */
  lastBefore(term: Term): LogIndex {
    let index = this.last
    while (index > 0 && this.#committedIn[index]! >= term) index--
    return index
  }
}
