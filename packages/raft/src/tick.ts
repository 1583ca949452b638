/** Time passes: the only clock of the core is a count of ticks. */
import { campaign, isPromotable } from "./election/campaign.ts"
import { becomeFollower } from "./election/roles.ts"
import { proposeLeaveJoint } from "./replication/propose.ts"
import { broadcastHeartbeat } from "./replication/send.ts"
import type { State } from "./State.ts"

export const tick = (state: State): void => {
  if (state.role === "leader") tickLeader(state)
  else tickFollower(state)
}

/** Nobody was heard from for a random time: campaign (Raft §5.2). */
const tickFollower = (state: State): void => {
  state.electionElapsed++
  if (isPromotable(state) && state.electionElapsed >= state.randomizedElectionTicks) {
    state.electionElapsed = 0
    campaign(state, false)
  }
}

const tickLeader = (state: State): void => {
  state.heartbeatElapsed++
  state.electionElapsed++
  if (state.electionElapsed >= state.config.electionTicks) {
    state.electionElapsed = 0
    if (state.config.checkQuorum) checkQuorum(state)
    if (state.transferee !== undefined) giveUpTransfer(state)
  }
  if (state.role === "leader" && state.heartbeatElapsed >= state.config.heartbeatTicks) {
    state.heartbeatElapsed = 0
    broadcastHeartbeat(state)
  }
}

const giveUpTransfer = (state: State): void => {
  state.transferee = undefined
  proposeLeaveJoint(state)
}

/** A leader that is cut off stops pretending (Ongaro §6.2): its clients look for another one. */
const checkQuorum = (state: State): void => {
  if (!state.tracker.isQuorumActive()) becomeFollower(state, state.term, undefined)
  for (const progress of state.tracker.progress) {
    if (progress.id !== state.id) progress.recentActive = false
  }
}
