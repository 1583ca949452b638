/**
 * One node of a Raft cluster as a state machine that decides and does nothing: events go in with `step`, and
 * `take` gives out what the caller has to write, send and apply. There is no clock, no I/O and no
 * concurrency in here, and the same events with the same random draws give the same outputs.
 *
 * ```
 *  ticks, messages, proposals, reads ──▶ step ──▶ (private state) ──▶ take ──▶ persist, messages, commits
 *        ▲                                                                         │
 *        └── Persisted, Applied, SnapshotTaken, SnapshotSent ◀── the shell does it ┘
 * ```
 *
 * Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (2014), here "Raft";
 * Ongaro's dissertation (2014), here "Ongaro". docs/raft.md maps each rule to its place.
 */
import { campaign } from "./election/campaign.ts"
import { drawElectionTimeout } from "./election/roles.ts"
import { requestTransfer } from "./election/transfer.ts"
import { encodeState } from "./encodeState.ts"
import type { Event } from "./Event.ts"
import { invariant } from "./invariant.ts"
import { onApplied } from "./membership/applied.ts"
import type { Output } from "./Output.ts"
import type { RaftConfig } from "./RaftConfig.ts"
import type { RaftView } from "./RaftView.ts"
import { requestRead } from "./reading/read.ts"
import { receive } from "./receive.ts"
import { propose, proposeChange } from "./replication/propose.ts"
import { onPeerUnreachable, onSnapshotEnded } from "./replication/reports.ts"
import type { Restored } from "./Restored.ts"
import { State } from "./State.ts"
import { onPersisted } from "./storage/persisted.ts"
import * as Take from "./storage/take.ts"
import { tick } from "./tick.ts"

declare const state: unique symbol

/**
 * A node. Its state is private: `view` shows it, `step` changes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Raft {
  readonly [state]: State
}

const stateOf = (raft: Raft): State => raft as unknown as State

/**
 * A node as it comes up, with what its disk held. It follows nobody.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (config: RaftConfig, restored: Restored): Raft =>
  new State(config, restored) as unknown as Raft

/**
 * Processes one event. `random` gives numbers in [0, 1) and is drawn only when an election timeout is set.
 * It throws `InvariantViolation` when a rule of Raft is broken: the node must stop and never go on.
 *
 * @category protocols
 * @since 0.1.0
 */
export const step = (raft: Raft, event: Event, env: { readonly random: () => number }): void => {
  const state = stateOf(raft)
  state.random = env.random
  if (state.randomizedElectionTicks === 0) drawElectionTimeout(state)
  switch (event._tag) {
    case "Ticked":
      return tick(state)
    case "Received":
      return receive(state, event.message)
    case "Proposed":
      return propose(state, event.token, event.entries, event.timeMs)
    case "ConfChangeProposed":
      return proposeChange(state, event.token, event.change, event.timeMs)
    case "ReadRequested":
      return requestRead(state, event.token)
    case "Persisted":
      return onPersisted(state, event.batch)
    case "Applied":
      return onApplied(state, event.index)
    case "SnapshotTaken":
      return state.log.compact(event.snapshot, event.keepFrom)
    case "SnapshotSent":
    case "SnapshotFailed":
      return onSnapshotEnded(state, event.peer, event.index, event._tag === "SnapshotSent")
    case "PeerUnreachable":
      return onPeerUnreachable(state, event.peer)
    case "TransferRequested":
      return requestTransfer(state, event.to)
    case "CampaignRequested":
      return campaign(state, false)
    case "LeaderForgotten":
      if (state.role === "follower") state.leader = undefined
      return
    default:
      invariant(false, `RA17: an event is known: ${String((event satisfies never as Event)._tag)}`)
  }
}

/**
 * Whether `take` would give out anything.
 *
 * @category protocols
 * @since 0.1.0
 */
export const hasOutput = (raft: Raft): boolean => Take.hasOutput(stateOf(raft))

/**
 * Gives out all that came of the events since the last time. Any number of events may come before it.
 *
 * @category protocols
 * @since 0.1.0
 */
export const take = (raft: Raft): Output => Take.take(stateOf(raft))

/**
 * All of the private state in a canonical form: equal states, equal bytes. For tests of determinism (RA17).
 *
 * @category protocols
 * @since 0.1.0
 */
export const encode = (raft: Raft): Uint8Array => encodeState(stateOf(raft))

/**
 * The live state of a node, to look at before the next `step`.
 *
 * @category models
 * @since 0.1.0
 */
export const view = (raft: Raft): RaftView => stateOf(raft)
