/**
 * What is under way: messages between nodes, and what a node's own threads for storage and for applying
 * report back to it. The reference has messages for these reports; here they end in events.
 */
import type { Entry } from "../../../src/Entry.ts"
import { members } from "../../../src/membership/Configuration.ts"
import type { Message } from "../../../src/Message.ts"
import type { LogIndex, Term } from "../../../src/LogIndex.ts"
import type { SnapshotMeta } from "../../../src/SnapshotMeta.ts"
import {
  describeEntries,
  describeHead,
  describeMessage,
  describeSnapshot,
  typeOf
} from "./describe.ts"
import type { TracedNode } from "./TracedNode.ts"

export interface Mail {
  readonly to: string
  /** For `deliver-msgs type=MsgApp`. */
  readonly type: string
  readonly text: string
  /** From a node to itself: never lost. */
  readonly isLocal: boolean
  /** Returns what the reference says of mail that it refuses. */
  readonly deliver: (node: TracedNode) => string | undefined
}

const answers = new Set(["AppResp", "HeartbeatResp", "VoteResp", "PreVoteResp", "ReadIndexResp"])

const stranger = "raft: cannot step as peer not found"

/** The reference refuses answers of strangers aloud. The core gets them all the same, and drops them. */
const refusalOf = (message: Message, node: TracedNode): string | undefined =>
  answers.has(message._tag) && !members(node.view.configuration).includes(message.from)
    ? stranger
    : undefined

export const mailOf = (message: Message): Mail => ({
  to: message.to,
  type: typeOf(message),
  text: describeMessage(message),
  isLocal: false,
  deliver: (node) => {
    const refusal = refusalOf(message, node)
    node.step({ _tag: "Received", message })
    return refusal
  }
})

/** A vote or an acknowledgement that a node gives itself. It counts when the batch is durable. */
export const answerToSelf = (message: Message, batch: number): Mail => ({
  to: message.to,
  type: typeOf(message),
  text: describeMessage(message),
  isLocal: true,
  deliver: (node) => {
    const refusal = refusalOf(message, node)
    node.confirm(batch)
    return refusal
  }
})

/** The storage says that a batch is durable; `index` and `logTerm` name the log's last entry at the time. */
export const stored = (
  id: string,
  batch: number,
  term: Term,
  { index, logTerm }: { readonly index: LogIndex; readonly logTerm: Term },
  snapshot: SnapshotMeta | undefined
): Mail => {
  const head = describeHead("AppendThread", id, "MsgStorageAppendResp", term, logTerm, index)
  return {
    to: id,
    type: "MsgStorageAppendResp",
    text: snapshot === undefined ? head : `${head}\n  Snapshot: ${describeSnapshot(snapshot)}`,
    isLocal: true,
    deliver: (node) => {
      node.confirm(batch)
      node.noteStable(term, index, logTerm)
      return undefined
    }
  }
}

/** The state machine says that entries are applied. */
export const applied = (id: string, entries: ReadonlyArray<Entry>): Mail => ({
  to: id,
  type: "MsgStorageApplyResp",
  text: `${describeHead("ApplyThread", id, "MsgStorageApplyResp", 0)}${describeEntries(entries)}`,
  isLocal: true,
  deliver: (node) => {
    node.applied(entries)
    return undefined
  }
})

/** The shell of a follower passes a proposal on to the leader. */
export const forwardedProposal = (
  from: string,
  to: string,
  entries: ReadonlyArray<Entry>,
  again: (node: TracedNode) => string | undefined
): Mail => ({
  to,
  type: "MsgProp",
  text: `${describeHead(from, to, "MsgProp", 0)}${describeEntries(entries)}`,
  isLocal: false,
  deliver: again
})
