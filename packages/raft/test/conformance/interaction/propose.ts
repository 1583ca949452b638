/** Proposals as the reference answers them, where this core and its shell divide the work otherwise. */
import type { Entry } from "../../../src/Entry.ts"
import type { ConfChange } from "../../../src/membership/ConfChange.ts"
import { encodeChange } from "../../../src/membership/ConfChangeCodec.ts"
import { markFirstForm } from "./describe.ts"
import { forwardedProposal } from "./Mail.ts"
import type { TracedNode } from "./TracedNode.ts"

export type Proposal =
  | { readonly kind: "command"; readonly data: ReadonlyArray<Uint8Array> }
  | { readonly kind: "confChange"; readonly change: ConfChange; readonly isFirstForm: boolean }

const dropped = "raft proposal dropped"

/**
 * Returns what the reference says when nothing comes of it.
 *
 * - A follower hands it on: there the core does it, here it is the shell's duty.
 * - In place of a change that is refused, the reference stores an entry without data. This core stores
 *   nothing, so the entry is proposed in its stead.
 */
export const propose = (node: TracedNode, proposal: Proposal): string | undefined => {
  if (accepts(node, proposal)) return undefined
  const { leader, role } = node.view
  if (role === "follower" && leader !== undefined) {
    const again = (other: TracedNode) => propose(other, proposal)
    node.forwards.push(forwardedProposal(node.id, leader, entriesOf(proposal), again))
    return undefined
  }
  const isReplaced = proposal.kind === "confChange" && accepts(node, empty)
  return isReplaced ? undefined : dropped
}

const empty: Proposal = { kind: "command", data: [new Uint8Array(0)] }

/** What the core refuses leaves no entry in its log. */
const accepts = (node: TracedNode, proposal: Proposal): boolean => {
  const { log } = node.view
  const before = log.lastIndex
  node.step(
    proposal.kind === "command"
      ? { _tag: "Proposed", token: 0, entries: proposal.data, timeMs: 0 }
      : { _tag: "ConfChangeProposed", token: 0, change: proposal.change, timeMs: 0 }
  )
  if (log.lastIndex === before) return false
  if (proposal.kind === "confChange" && proposal.isFirstForm) markFirstForm(log.entry(before + 1)!)
  return true
}

/** As they are before they have a place in a log. */
const entriesOf = (proposal: Proposal): ReadonlyArray<Entry> => {
  const data = proposal.kind === "command" ? proposal.data : [encodeChange(proposal.change)]
  const entries = data.map((item): Entry => ({ ...nowhere, kind: proposal.kind, data: item }))
  if (proposal.kind === "confChange" && proposal.isFirstForm) entries.forEach(markFirstForm)
  return entries
}

const nowhere = { term: 0, index: 0, time: 0 }
