/** Hands out what came of the events since the last time, as one write and what may be sent around it. */
import { startReadRound } from "../reading/read.ts"
import type { Batch, Output } from "../Output.ts"
import type { State } from "../State.ts"

const isHardStateNew = ({ handedHardState: handed, term, vote, log }: State): boolean =>
  handed.term !== term || handed.vote !== vote || handed.commit !== log.commit

const isStatusNew = ({ handedStatus: handed, role, leader, term }: State): boolean =>
  handed.role !== role || handed.leader !== leader || handed.term !== term

const needsBatch = (state: State): boolean =>
  state.log.hasUnpersisted || state.outbox.hasPromises || isHardStateNew(state)

export const hasOutput = (state: State): boolean =>
  !state.outbox.isEmpty ||
  needsBatch(state) ||
  isStatusNew(state) ||
  state.reads.needsRound ||
  state.log.hasCommits(state.config.commitBeforePersist)

export const take = (state: State): Output => {
  startReadRound(state)
  const { outbox } = state
  const persist = needsBatch(state) ? takeBatch(state) : undefined
  const commits = state.log.takeCommits(state.config.commitBeforePersist)
  return {
    messages: outbox.messages.take(),
    persist,
    commits,
    proposed: outbox.proposed.take(),
    reads: outbox.reads.take(),
    refused: outbox.refused.take(),
    status: takeStatus(state)
  }
}

const takeBatch = (state: State): Batch => {
  const { outbox, handedHardState: handed } = state
  const batch = ++state.lastBatch
  const { truncateFrom, entries, snapshot } = state.log.handOut(batch)
  const isVoteNew = handed.term !== state.term || handed.vote !== state.vote
  const current = state.hardState
  const dropsCommit = state.breaks.dropCommitFromBatch === true && entries.length > 0
  const hardState = dropsCommit ? { ...current, commit: handed.commit } : current
  state.handedHardState = hardState
  state.underWay.push({ batch, answersToSelf: outbox.answersToSelf.take() })
  return {
    batch,
    hardState,
    truncateFrom,
    entries,
    snapshot,
    mustSync: entries.length > 0 || snapshot !== undefined || isVoteNew,
    afterPersist: outbox.promises.take()
  }
}

const takeStatus = (state: State): Output["status"] => {
  if (!isStatusNew(state)) return undefined
  const { role, leader, term } = state
  return (state.handedStatus = { role, leader, term })
}
