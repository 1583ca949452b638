/**
 * Decides by two lists of voters at once, while the membership passes from one to the other (Raft §6): what
 * is decided needs a majority of both. With no outgoing voters it is the majority of `voters`.
 */
import type { IncarnationId } from "../IncarnationId.ts"
import type { LogIndex } from "../LogIndex.ts"
import * as Majority from "./Majority.ts"

/** The part of a configuration that decides, by ids or by what stands for them. */
export interface Electorate<Voter = IncarnationId> {
  readonly voters: ReadonlyArray<Voter>
  readonly votersOutgoing: ReadonlyArray<Voter>
}

/** The greatest index that a majority of both has reached. `Infinity` when neither has voters. */
export const committedIndex = <Voter>(
  { voters, votersOutgoing }: Electorate<Voter>,
  matched: (voter: Voter) => LogIndex | undefined
): number =>
  Math.min(
    Majority.committedIndex(voters, matched),
    Majority.committedIndex(votersOutgoing, matched)
  )

/** Won when both are, lost as soon as one is. */
export const voteResult = <Voter>(
  { voters, votersOutgoing }: Electorate<Voter>,
  vote: (voter: Voter) => boolean | undefined
): Majority.VoteResult => {
  const incoming = Majority.voteResult(voters, vote)
  const outgoing = Majority.voteResult(votersOutgoing, vote)
  if (incoming === "lost" || outgoing === "lost") return "lost"
  return incoming === "won" ? outgoing : incoming
}
