/** Tags as numbers, for the hash of a run: two of the same length are told apart. */
import type { Event } from "@distri/raft/Event"
import type { Message } from "@distri/raft/Message"
import type { WorldEvent } from "./Invariant.ts"

/** The place of a name in a list, from 1. */
const numbered = <Name extends string>(names: Record<Name, true>): Record<Name, number> => {
  const numbers = Object.keys(names).map((name, at) => [name, at + 1] as const)
  return Object.fromEntries(numbers) as Record<Name, number>
}

export const worldTags = numbered<WorldEvent["_tag"]>({
  Stepped: true,
  Took: true,
  Sent: true,
  Synced: true,
  Applied: true,
  SnapshotStored: true,
  SnapshotInstalled: true,
  Crashed: true,
  Started: true,
  DiskLost: true,
  ReadIndexed: true,
  Called: true,
  Answered: true,
  FaultBegan: true,
  Healed: true,
  Ended: true
})

export const eventTags = numbered<Event["_tag"]>({
  Ticked: true,
  Received: true,
  Proposed: true,
  ConfChangeProposed: true,
  ReadRequested: true,
  Persisted: true,
  Applied: true,
  SnapshotTaken: true,
  SnapshotSent: true,
  SnapshotFailed: true,
  PeerUnreachable: true,
  TransferRequested: true,
  CampaignRequested: true,
  LeaderForgotten: true
})

export const messageTags = numbered<Message["_tag"]>({
  App: true,
  AppResp: true,
  Heartbeat: true,
  HeartbeatResp: true,
  Vote: true,
  VoteResp: true,
  PreVote: true,
  PreVoteResp: true,
  Snap: true,
  TimeoutNow: true,
  TransferLeader: true,
  ReadIndex: true,
  ReadIndexResp: true
})
