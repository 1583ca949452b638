import type { IncarnationId } from "./IncarnationId.ts"
import type { LogIndex, Term } from "./LogIndex.ts"

/**
 * What a node must know again after a restart, beside its log (Raft figure 2, "persistent state").
 * `commit` may lag; but the value that came with entries is written in one batch with them.
 *
 * @category models
 * @since 0.1.0
 */
export interface HardState {
  readonly term: Term
  readonly vote: IncarnationId | undefined
  readonly commit: LogIndex
}
