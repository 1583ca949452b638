/**
 * Decides by two lists of voters at once, while the membership passes from one to the other (Raft §6): what
 * is decided needs a majority of both. With no outgoing voters it is the majority of `voters`.
 */
import type { IncarnationId } from "../IncarnationId.ts"
import type { LogIndex } from "../LogIndex.ts"
import type { Configuration } from "../membership/Configuration.ts"
import * as Majority from "./Majority.ts"

/** The part of a configuration that decides. */
export type Electorate = Pick<Configuration, "voters" | "votersOutgoing">

/** The greatest index that a majority of both has reached. `Infinity` when neither has voters. */
export const committedIndex = (
  { voters, votersOutgoing }: Electorate,
  matched: (id: IncarnationId) => LogIndex | undefined
): number =>
  Math.min(
    Majority.committedIndex(voters, matched),
    Majority.committedIndex(votersOutgoing, matched)
  )

/** Won when both are, lost as soon as one is. */
export const voteResult = (
  { voters, votersOutgoing }: Electorate,
  vote: (id: IncarnationId) => boolean | undefined
): Majority.VoteResult => {
  const incoming = Majority.voteResult(voters, vote)
  const outgoing = Majority.voteResult(votersOutgoing, vote)
  if (incoming === "lost" || outgoing === "lost") return "lost"
  return incoming === "won" ? outgoing : incoming
}
