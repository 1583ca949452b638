/**
 * A message comes in. First the terms are compared (Raft §5.1), then the role decides; votes are the same
 * for all roles. This file is figure 2 of the paper, one line a rule.
 */
import { campaign, onVoteAnswer } from "./election/campaign.ts"
import { becomeFollower } from "./election/roles.ts"
import { startTransfer } from "./election/transfer.ts"
import { answerVote, learnCommit, onVoteRequest, refusesToListen } from "./election/vote.ts"
import { invariant } from "./invariant.ts"
import type { App, Heartbeat, Message, Snap, Vote, VoteResp } from "./Message.ts"
import { onReadAnswer, onReadRequest } from "./reading/read.ts"
import { onAppendAnswer, onHeartbeatAnswer } from "./replication/acknowledge.ts"
import { onAppend, onHeartbeat, onSnapshot } from "./replication/follow.ts"
import type { State } from "./State.ts"

type FromLeader = App | Heartbeat | Snap

const isFromLeader = (message: Message): message is FromLeader =>
  message._tag === "App" || message._tag === "Heartbeat" || message._tag === "Snap"

const isOfVote = (message: Message): message is Vote | VoteResp => "commitTerm" in message

const isAnswer = (message: Message): boolean => {
  switch (message._tag) {
    case "AppResp":
    case "HeartbeatResp":
    case "VoteResp":
    case "PreVoteResp":
    case "ReadIndexResp":
      return true
    default:
      return false
  }
}

export const receive = (state: State, message: Message): void => {
  // Another memory of this node, or a node that is no member any more. Requests of strangers are heard:
  // a configuration that lags behind is normal.
  const isStranger = isAnswer(message) && state.tracker.get(message.from) === undefined
  if (message.to !== state.id || isStranger) {
    state.dropped++
    return
  }
  if (message.term < state.term) return onLowerTerm(state, message)
  if (message.term > state.term && !acceptTerm(state, message)) return
  if (isOfVote(message)) learnCommit(state, message)
  if (message._tag === "Vote" || message._tag === "PreVote") return onVoteRequest(state, message)
  switch (state.role) {
    case "leader":
      return asLeader(state, message)
    case "follower":
      return asFollower(state, message)
    default:
      return asCandidate(state, message)
  }
}

/** Says whether the message is to be looked at in what is the present term now. */
const acceptTerm = (state: State, message: Message): boolean => {
  switch (message._tag) {
    case "Vote":
      if (refusesToListen(state, message)) return false
      break
    case "PreVote":
      // A question about the next term is not yet that term.
      return !refusesToListen(state, message)
    case "PreVoteResp":
      // A grant names the term that would come; a refusal tells that the candidate is behind.
      if (message.granted) return true
      break
    default:
  }
  becomeFollower(state, message.term, isFromLeader(message) ? message.from : undefined)
  return true
}

/**
 * Messages of the past are dropped. Two get an answer: with check-quorum or pre-vote a node does not raise
 * the others' terms by campaigning, so a leader or candidate that is behind must learn it in this way.
 */
const onLowerTerm = (state: State, message: Message): void => {
  const { id, term, config } = state
  if (message._tag === "App" && state.breaks.acceptStaleAppend === true) {
    if (state.role === "follower") onAppend(state, message)
  } else if (message._tag === "App" || message._tag === "Heartbeat") {
    if (!config.checkQuorum && !config.preVote) return
    const to = message.from
    state.outbox.promise({ _tag: "AppResp", from: id, to, term, index: 0, hint: undefined })
  } else if (message._tag === "PreVote") {
    answerVote(state, message, term, false)
  }
}

const asLeader = (state: State, message: Message): void => {
  switch (message._tag) {
    case "AppResp":
      return onAppendAnswer(state, message)
    case "HeartbeatResp":
      return onHeartbeatAnswer(state, message)
    case "ReadIndex":
      return onReadRequest(state, message)
    case "TransferLeader":
      return startTransfer(state, message.transferee)
    default:
      invariant(!isFromLeader(message), "RA1: a term has one leader")
  }
}

const asFollower = (state: State, message: Message): void => {
  switch (message._tag) {
    case "App":
    case "Heartbeat":
    case "Snap":
      invariant(
        state.leader === undefined || state.leader === message.from,
        "RA1: a term has one leader"
      )
      state.electionElapsed = 0
      state.leader = message.from
      return fromLeader(state, message)
    case "TimeoutNow":
      return campaign(state, true)
    case "ReadIndexResp":
      return onReadAnswer(state, message)
    default:
  }
}

const asCandidate = (state: State, message: Message): void => {
  switch (message._tag) {
    case "App":
    case "Heartbeat":
    case "Snap":
      // Somebody else won this term.
      becomeFollower(state, message.term, message.from)
      return fromLeader(state, message)
    case "VoteResp":
    case "PreVoteResp":
      return onVoteAnswer(state, message)
    default:
  }
}

const fromLeader = (state: State, message: FromLeader): void => {
  switch (message._tag) {
    case "App":
      return onAppend(state, message)
    case "Heartbeat":
      return onHeartbeat(state, message)
    case "Snap":
      return onSnapshot(state, message)
  }
}
