/**
 * What happens as the state machine moves forward. A change of membership takes effect here, not when it
 * enters the log; the guards that make this safe are RA10 and RA16.
 */
import { becomeFollower } from "../election/roles.ts"
import { entryBytes } from "../Entry.ts"
import { invariant } from "../invariant.ts"
import type { LogIndex } from "../LogIndex.ts"
import { advanceCommit } from "../replication/acknowledge.ts"
import { proposeLeaveJoint } from "../replication/propose.ts"
import { broadcastAppend, sendAppend } from "../replication/send.ts"
import type { State } from "../State.ts"
import { applyChange } from "./change.ts"
import { decodeChange } from "./ConfChangeCodec.ts"
import { type Configuration, isVoter } from "./Configuration.ts"

export const onApplied = (state: State, index: LogIndex): void => {
  const { log } = state
  invariant(index <= log.handedOut, "RA7: only what was handed out can be applied")
  // A snapshot that came meanwhile took the place of what it covers, its changes of membership included.
  for (let at = Math.max(log.applied + 1, log.firstIndex); at <= index; at++) {
    const entry = log.entry(at)
    invariant(entry !== undefined, "RA7: an entry is kept until it is applied")
    if (entry.kind === "confChange") applyConfChange(state, entry.data)
    if (entry.term === state.term && state.role === "leader") {
      state.uncommittedBytes -= entryBytes(entry)
    }
  }
  log.appliedTo(index)
  proposeLeaveJoint(state)
}

const applyConfChange = (state: State, data: Uint8Array): void => {
  const change = decodeChange(data)
  invariant(change !== undefined, "RA10: a change of membership in the log is well formed")
  // From nothing, a change that adds a node would make it the only voter: a cloud of its own.
  invariant(state.configuration.voters.length > 0, "RA10: who applies a change knows the voters")
  const next = applyChange(state.configuration, change)
  invariant(
    typeof next !== "string",
    `RA10: a change of membership that was proposed fits: ${next}`
  )
  switchTo(state, next)
}

const switchTo = (state: State, configuration: Configuration): void => {
  state.tracker.reconfigure(configuration, state.log.lastIndex)
  if (state.role !== "leader") return
  const self = state.tracker.get(state.id)
  if (self === undefined || self.isLearner) {
    if (state.config.stepDownOnRemoval) becomeFollower(state, state.term, undefined)
    return
  }
  // A smaller quorum may have committed more, and a new member wants its first message.
  if (advanceCommit(state)) {
    broadcastAppend(state)
  } else {
    for (const progress of state.tracker.progress) {
      if (progress.id !== state.id) sendAppend(state, progress, false)
    }
  }
  if (state.transferee !== undefined && !isVoter(configuration, state.transferee)) {
    state.transferee = undefined
  }
}
