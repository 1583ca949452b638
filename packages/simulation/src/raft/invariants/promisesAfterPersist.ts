/**
 * RA11, Raft figure 2: what a node tells others about its term, vote and log is on its disk when the message
 * leaves. A pre-vote, asked for or granted, promises nothing.
 *
 * A candidate's request claims its term and the end of its log. If a crash could forget them, an answer to
 * the former life might elect the next one in the same term, with less in its log.
 *
 * An acknowledged index is compared within one term only: a later batch, durable by now as well, may hold
 * another leader's entries.
 */
import type { Message } from "@distri/raft/Message"
import type { Invariant, SimNode } from "../Invariant.ts"

export const promisesAfterPersist: Invariant = {
  rule: "RA11",
  title: "PromisesAfterPersist",
  on: ["Sent"],
  make: () => (_, event) => {
    if (event._tag !== "Sent") return undefined
    const problem = broken(event.message, event.node)
    return problem === undefined
      ? undefined
      : `${event.node.name} sent ${event.message._tag} of term ${event.message.term} to ${event.message.to}, but ${problem}`
  }
}

const broken = (message: Message, { disk, raft }: SimNode): string | undefined => {
  const { hardState, lastIndex } = disk
  switch (message._tag) {
    case "AppResp":
      if (hardState.term < message.term) return `its disk has term ${hardState.term}`
      return message.hint === undefined &&
        hardState.term === message.term &&
        lastIndex < message.index
        ? `its disk ends at ${lastIndex}, before ${message.index}`
        : undefined
    case "VoteResp":
      if (hardState.term < message.term) return `its disk has term ${hardState.term}`
      return message.granted && hardState.term === message.term && hardState.vote !== message.to
        ? `its disk has a vote for ${hardState.vote}`
        : undefined
    case "PreVoteResp":
      return !message.granted && hardState.term < message.term
        ? `its disk has term ${hardState.term}`
        : undefined
    case "Vote": {
      if (hardState.term < message.term) return `its disk has term ${hardState.term}`
      // Who lost meanwhile may have replaced the entries; its request can no longer do harm.
      const isAsking = raft?.role === "candidate" && raft.term === message.term
      const isThere =
        disk.snapshot.index >= message.lastIndex ||
        disk.term(message.lastIndex) === message.lastTerm
      return !isAsking || isThere
        ? undefined
        : `its disk has no entry ${message.lastIndex} of term ${message.lastTerm}`
    }
    default:
      return undefined
  }
}
