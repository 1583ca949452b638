/**
 * Rules to break on purpose, one switch each. A simulator that finds nothing looks like a program without
 * bugs: these builds show that it would. All are off, and only tests can reach them.
 */
export interface Breaks {
  /** RA6: commits entries of earlier terms by counting (Raft figure 8). */
  readonly commitEarlierTerms?: boolean
  /** RA1: gives a second vote in a term. */
  readonly voteTwice?: boolean
  /** RA11: sends append answers before the entries are durable. */
  readonly answerAppendEarly?: boolean
  /** RA11: sends votes before they are durable. */
  readonly answerVoteEarly?: boolean
  /** RA11: asks for votes before the term that it claims is durable. */
  readonly askVoteEarly?: boolean
  /** RA13: gives out a read index without asking a quorum. */
  readonly readWithoutRound?: boolean
  /** RA13: gives out a read index before an entry of the own term is committed. */
  readonly readBeforeOwnCommit?: boolean
  /** RA3, RA4: takes entries from the leader of an earlier term. */
  readonly acceptStaleAppend?: boolean
  /** RA9: counts learners as voters, for commits and in elections. */
  readonly countLearners?: boolean
  /** RA10: proposes a change of membership while another is not applied. */
  readonly changeWhilePending?: boolean
  /** RA16: campaigns with a committed change of membership that is not applied. */
  readonly campaignUnapplied?: boolean
  /** RA16: hands out the old commit index with the entries of a batch. */
  readonly dropCommitFromBatch?: boolean
  /** RA9: takes an answer of the storage for durable though the entries were replaced since. */
  readonly staleStorageAnswer?: boolean
  /** RA4: votes for candidates whose log is behind. */
  readonly voteForStaleLog?: boolean
  /** RA7: truncates to a leader's entries even where they already match (reordered messages lose entries). */
  readonly truncateOnEveryAppend?: boolean
}
