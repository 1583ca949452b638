/** Messages as a test writes them by hand, and nodes that got where they are by such messages. */
import type { Message } from "../src/Message.ts"
import type { Restored } from "../src/Restored.ts"
import { entriesAfter, Node, type Of, type Options } from "./Cluster.ts"

/** Entries of `terms` behind (index, term). */
export const app = (
  from: string,
  to: string,
  term: number,
  [prevIndex, prevTerm]: readonly [index: number, term: number],
  terms: ReadonlyArray<number> = [],
  commit = 0
): Of<"App"> => {
  const entries = entriesAfter(prevIndex, terms)
  return { _tag: "App", from, to, term, prevIndex, prevTerm, entries, commit }
}

export const accepted = (from: string, to: string, term: number, index: number): Of<"AppResp"> => ({
  _tag: "AppResp",
  from,
  to,
  term,
  index,
  hint: undefined
})

export const refused = (
  from: string,
  to: string,
  term: number,
  index: number,
  hint: NonNullable<Of<"AppResp">["hint"]>
): Of<"AppResp"> => ({ _tag: "AppResp", from, to, term, index, hint })

export const heartbeat = (
  from: string,
  to: string,
  term: number,
  commit = 0,
  read = 0
): Of<"Heartbeat"> => ({ _tag: "Heartbeat", from, to, term, commit, read })

export const heartbeatResp = (
  from: string,
  to: string,
  term: number,
  read = 0
): Of<"HeartbeatResp"> => ({ _tag: "HeartbeatResp", from, to, term, read })

const nothingCommitted = { commit: 0, commitTerm: 0 }

/** From a candidate whose log ends with (index, term). */
export const vote = (
  from: string,
  to: string,
  term: number,
  [lastIndex, lastTerm]: readonly [index: number, term: number],
  _tag: "Vote" | "PreVote" = "Vote",
  transfer = false
): Of<"Vote" | "PreVote"> => ({
  _tag,
  from,
  to,
  term,
  lastIndex,
  lastTerm,
  transfer,
  ...nothingCommitted
})

export const voteResp = (
  from: string,
  to: string,
  term: number,
  granted: boolean,
  _tag: "VoteResp" | "PreVoteResp" = "VoteResp"
): Of<"VoteResp" | "PreVoteResp"> => ({ _tag, from, to, term, granted, ...nothingCommitted })

/** The offer of a snapshot, with the configuration of the receiver's `restored`. */
export const snap = (
  from: string,
  to: string,
  term: number,
  [index, ofTerm]: readonly [index: number, term: number],
  restored: Restored
): Of<"Snap"> => {
  const snapshot = { ...restored.snapshot, index, term: ofTerm, reference: `${from}@${index}` }
  return { _tag: "Snap", from, to, term, snapshot }
}

/** What the receiver of `message` says when it has all of it. */
export const acceptance = ({ from, to, term, prevIndex, entries }: Of<"App">): Message =>
  accepted(to, from, term, prevIndex + entries.length)

/** A node that all others voted for. Nobody answered its first entry, and what it sent is gone. */
export const leading = (id: string, restored: Restored, options: Options = {}): Node => {
  const node = new Node(id, restored, options)
  node.campaign()
  for (let round = 0; round < 2; round++) {
    for (const { _tag, to, term } of node.sent("Vote", "PreVote")) {
      node.receive(voteResp(to, id, term, true, `${_tag}Resp`))
    }
  }
  if (node.role !== "leader") throw new Error(`${id} does not lead`)
  node.sent()
  return node
}

/** The same, when all others have its first entry too. */
export const established = (id: string, restored: Restored, options: Options = {}): Node => {
  const node = leading(id, restored, options)
  const { term, log } = node.view
  for (const { id: other } of node.view.progress) {
    if (other !== id) node.receive(accepted(other, id, term, log.lastIndex))
  }
  node.sent()
  return node
}

/** A node that follows `leader` in `term`. */
export const following = (
  id: string,
  leader: string,
  term: number,
  restored: Restored,
  options: Options = {}
): Node => {
  const node = new Node(id, restored, options)
  node.receive(heartbeat(leader, id, term))
  node.sent()
  return node
}
