/**
 * Linearizable reads without log entries (Ongaro §6.4): the leader notes its commit index and, before it
 * gives that out, hears from a quorum that it still leads.
 */
import type { ReadIndex, ReadIndexResp } from "../Message.ts"
import { broadcastHeartbeat } from "../replication/send.ts"
import type { State } from "../State.ts"
import type { PendingRead } from "./ReadQueue.ts"

/** A read of this node: asked for here when it leads, forwarded when it follows. */
export const requestRead = (state: State, token: number): void => {
  if (state.role === "leader") {
    if (hasRoom(state)) enqueueRead(state, { from: state.id, token })
    else state.outbox.refuse(token, state.leader, "Overloaded")
  } else if (state.role === "follower" && state.leader !== undefined) {
    const { id, leader, term } = state
    state.outbox.send({ _tag: "ReadIndex", from: id, to: leader, term, token })
  } else {
    state.outbox.refuse(token, undefined, "NotLeader")
  }
}

const hasRoom = (state: State): boolean => state.reads.size < state.config.readsMax

/** A read of a follower. Who has no room drops it: its sender asks again. */
export const onReadRequest = (state: State, { from, token }: ReadIndex): void => {
  if (hasRoom(state)) enqueueRead(state, { from, token })
}

/** The answer to a read of this follower. Who became something else meanwhile is not asked. */
export const onReadAnswer = (state: State, message: ReadIndexResp): void => {
  state.outbox.reads.push({ token: message.token, index: message.index })
}

const enqueueRead = (state: State, read: PendingRead): void => {
  const { log, reads, breaks } = state
  const isOwnCommitted = log.term(log.commit) === state.term || breaks.readBeforeOwnCommit === true
  if (!isOwnCommitted) reads.held.push(read)
  else if (breaks.readWithoutRound === true) answerRead(state, read, log.commit)
  else reads.add(read, log.commit)
}

/** The first entry of the own term is committed: what waited for it takes its index now. */
export const releaseHeldReads = (state: State): void => {
  if (state.reads.held.length === 0 || state.log.term(state.log.commit) !== state.term) return
  const { held } = state.reads
  state.reads.held = []
  for (const read of held) enqueueRead(state, read)
}

/** One round of heartbeats for all reads that came since the last one. A single voter confirms at once. */
export const startReadRound = (state: State): void => {
  if (!state.reads.needsRound) return
  state.reads.needsRound = false
  state.reads.acknowledge(state.id, state.reads.position)
  broadcastHeartbeat(state)
  confirmReads(state)
}

export const confirmReads = (state: State): void => {
  for (const read of state.reads.confirm(state.configuration)) answerRead(state, read, read.index)
}

const answerRead = (state: State, read: PendingRead, index: number): void => {
  const { id, term } = state
  const { token } = read
  if (read.from === id) state.outbox.reads.push({ token, index })
  else state.outbox.send({ _tag: "ReadIndexResp", from: id, to: read.from, term, token, index })
}
