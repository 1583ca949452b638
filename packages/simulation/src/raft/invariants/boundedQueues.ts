/**
 * RA15: what a leader has under way to its followers, and what it has taken and not applied, stays within
 * its limits. Only the last message of a window, and a single entry in a message, may be as long as they are.
 */
import { entryBytes } from "@distri/raft/Entry"
import type { App } from "@distri/raft/Message"
import type { RaftConfig } from "@distri/raft/RaftConfig"
import type { RaftView } from "@distri/raft/RaftView"
import type { Invariant } from "../Invariant.ts"

export const boundedQueues: Invariant = {
  rule: "RA15",
  title: "BoundedQueues",
  on: ["Stepped", "Sent"],
  make: () => (_, event) => {
    if (event._tag === "Sent") {
      const { message, node } = event
      return message._tag === "App" ? overlong(message, node.limits) : undefined
    }
    if (event._tag !== "Stepped" || event.node.raft?.role !== "leader") return undefined
    const { limits, name, raft } = event.node
    const problem = overfull(raft, limits)
    return problem === undefined ? undefined : `${name}: ${problem}`
  }
}

const overlong = ({ from, to, entries }: App, limits: RaftConfig): string | undefined => {
  if (entries.length < 2) return undefined
  let bytes = 0
  for (const entry of entries) bytes += entryBytes(entry)
  return bytes > limits.messageMaxBytes
    ? `${from} sent ${bytes} bytes of ${entries.length} entries to ${to} in one message`
    : undefined
}

const overfull = (raft: RaftView, limits: RaftConfig): string | undefined => {
  const messageMaxBytes = Math.max(limits.messageMaxBytes, limits.entryMaxBytes + headMaxBytes)
  for (const { id, inflights } of raft.progress) {
    if (inflights.count > limits.inflightMax)
      return `${inflights.count} messages under way to ${id}`
    if (inflights.bytes >= limits.inflightMaxBytes + messageMaxBytes) {
      return `${inflights.bytes} bytes under way to ${id}`
    }
  }
  // The no-op of a leader, and its changes of membership on the way out of a joint configuration, are not refused.
  return raft.uncommittedBytes > limits.uncommittedMaxBytes + 2 * headMaxBytes
    ? `${raft.uncommittedBytes} bytes are uncommitted`
    : undefined
}

/** Above the head of any entry without data. */
const headMaxBytes = 64
