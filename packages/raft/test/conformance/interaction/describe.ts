/** Entries, messages and states in the words of etcd-io/raft, in which its traces are written. */
import type { Entry } from "../../../src/Entry.ts"
import type { HardState } from "../../../src/HardState.ts"
import type { IncarnationId } from "../../../src/IncarnationId.ts"
import type { ConfChangeStep } from "../../../src/membership/ConfChange.ts"
import { decodeChange } from "../../../src/membership/ConfChangeCodec.ts"
import type { Configuration } from "../../../src/membership/Configuration.ts"
import type { Message } from "../../../src/Message.ts"
import type { Role } from "../../../src/Output.ts"
import type { ProgressView } from "../../../src/RaftView.ts"
import type { SnapshotMeta } from "../../../src/SnapshotMeta.ts"

type Ids = ReadonlyArray<IncarnationId>

const byNumber = (ids: Ids): Ids => ids.toSorted((left, right) => Number(left) - Number(right))

/** The reference prints ids in messages and sets of voters as hexadecimal numbers. */
const hex = (id: IncarnationId): string => (/^\d+$/.test(id) ? Number(id).toString(16) : id)

const list = (ids: Ids): string => `[${byNumber(ids).join(" ")}]`
const set = (ids: Ids): string => `(${byNumber(ids).map(hex).join(" ")})`

/** Changes of the reference's first form, told from the second by the bytes they became. */
const firstForm = new WeakSet<Uint8Array>()
export const markFirstForm = (entry: Entry): void => void firstForm.add(entry.data)

const letters: Record<ConfChangeStep["kind"], string> = {
  AddVoter: "v",
  AddLearner: "l",
  Remove: "r"
}

export const describeSteps = (steps: ReadonlyArray<ConfChangeStep>): string =>
  steps.map(({ kind, node }) => letters[kind] + node).join(" ")

const decoder = new TextDecoder()

const describeData = (entry: Entry): string =>
  entry.kind === "confChange"
    ? describeSteps(decodeChange(entry.data)?.changes ?? [])
    : JSON.stringify(decoder.decode(entry.data))

export const describeEntry = (entry: Entry): string => {
  const first = firstForm.has(entry.data) ? "EntryConfChange" : "EntryConfChangeV2"
  const type = entry.kind === "confChange" ? first : "EntryNormal"
  return `${entry.term}/${entry.index} ${type} ${describeData(entry)}`.trimEnd()
}

/** As a part of a message: one in its line, several in lines of their own. */
export const describeEntries = (entries: ReadonlyArray<Entry>): string =>
  entries.length === 0
    ? ""
    : entries.length === 1
      ? ` Entries:[${describeEntry(entries[0]!)}]`
      : ` Entries:[\n${entries.map((entry) => `  ${describeEntry(entry)}`).join("\n")}\n]`

export const describeHardState = ({ commit, term, vote }: HardState): string =>
  `Term:${term}${vote === undefined ? "" : ` Vote:${vote}`} Commit:${commit}`

const roles: Record<Role, string> = {
  follower: "StateFollower",
  preCandidate: "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader"
}

export const describeRole = (role: Role): string => roles[role]

export const describeSnapshot = ({ configuration, index, term }: SnapshotMeta): string => {
  const { autoLeave, learners, learnersNext, voters, votersOutgoing } = configuration
  const lists = `Voters:${list(voters)} VotersOutgoing:${list(votersOutgoing)} Learners:${list(learners)}`
  return `Index:${index} Term:${term} ConfState:${lists} LearnersNext:${list(learnersNext)} AutoLeave:${autoLeave}`
}

export const describeConfiguration = (configuration: Configuration): string => {
  const { autoLeave, learners, learnersNext, voters, votersOutgoing } = configuration
  const outgoing = votersOutgoing.length === 0 ? "" : `&&${set(votersOutgoing)}`
  return [
    `voters=${set(voters)}${outgoing}`,
    ...(learners.length === 0 ? [] : [`learners=${set(learners)}`]),
    ...(learnersNext.length === 0 ? [] : [`learners_next=${set(learnersNext)}`]),
    ...(autoLeave ? ["autoleave"] : [])
  ].join(" ")
}

const progressStates: Record<ProgressView["state"], string> = {
  probe: "StateProbe",
  replicate: "StateReplicate",
  snapshot: "StateSnapshot"
}

const describeFollower = (progress: ProgressView): string => {
  const { inflights, match, next, pendingSnapshot, state } = progress
  return [
    `${progressStates[state]} match=${match} next=${next}`,
    ...(progress.isLearner ? ["learner"] : []),
    ...(progress.isPaused ? ["paused"] : []),
    ...(pendingSnapshot > 0 ? [`pendingSnap=${pendingSnapshot}`] : []),
    ...(progress.recentActive ? [] : ["inactive"]),
    ...(inflights.count > 0
      ? [`inflight=${inflights.count}${inflights.isFull ? "[full]" : ""}`]
      : [])
  ].join(" ")
}

export const describeProgress = (progress: ReadonlyArray<ProgressView>): string =>
  progress
    .toSorted((left, right) => Number(left.id) - Number(right.id))
    .map((follower) => `${follower.id}: ${describeFollower(follower)}`)
    .join("\n")

/** The head that all messages share. `Log` is whatever term and index the message is about. */
export const describeHead = (
  from: string,
  to: string,
  type: string,
  term: number,
  logTerm = 0,
  logIndex = 0
): string => `${hex(from)}->${hex(to)} ${type} Term:${term} Log:${logTerm}/${logIndex}`

/** The messages of the reference go by these names, and `type=MsgApp` picks them by it. */
export const typeOf = (message: Message): string => `Msg${message._tag}`

export const describeCommit = (commit: number): string => (commit === 0 ? "" : ` Commit:${commit}`)

export const describeMessage = (message: Message): string => {
  const head = (logTerm = 0, logIndex = 0) =>
    describeHead(message.from, message.to, typeOf(message), message.term, logTerm, logIndex)
  switch (message._tag) {
    case "App": {
      const { commit, entries, prevIndex, prevTerm } = message
      return `${head(prevTerm, prevIndex)}${describeCommit(commit)}${describeEntries(entries)}`
    }
    case "AppResp": {
      const { hint, index } = message
      return hint === undefined
        ? head(0, index)
        : `${head(hint.term, index)} Rejected (Hint: ${hint.index})`
    }
    case "Heartbeat":
      return `${head()}${describeCommit(message.commit)}${describeRead(message.read)}`
    case "HeartbeatResp":
      return `${head()}${describeRead(message.read)}`
    case "Vote":
    case "PreVote":
      return head(message.lastTerm, message.lastIndex)
    case "VoteResp":
    case "PreVoteResp":
      return message.granted ? head() : `${head()} Rejected (Hint: 0)`
    case "Snap": {
      // The reference leaves out the empty snapshot.
      const { snapshot } = message
      return snapshot.index === 0 ? head() : `${head()}\n  Snapshot: ${describeSnapshot(snapshot)}`
    }
    case "TimeoutNow":
    case "TransferLeader":
      return head()
    case "ReadIndex":
      return `${head()} Read:${message.token}`
    case "ReadIndexResp":
      return `${head(0, message.index)} Read:${message.token}`
  }
}

/** The reference prints no context of reads; it is 0 in all its traces. */
const describeRead = (read: number): string => (read === 0 ? "" : ` Read:${read}`)
