/**
 * Decides by the majority of one list of voters (Raft §5.2, §5.4). Any two majorities of a list share a
 * voter: that is all the safety of Raft comes from.
 *
 * A voter is an id, or whatever stands for it: where quorums are asked often, no id has to be looked up.
 *
 * **Gotcha**: no voters agree to everything. It makes the empty half of a configuration that is not joint
 * drop out (see `Joint.ts`); a configuration without any voters is kept out by `membership/change.ts`.
 */
import type { LogIndex } from "../LogIndex.ts"

/** `pending`: both ends are still possible. */
export type VoteResult = "won" | "lost" | "pending"

/** How many of `count` voters are a majority. */
export const majority = (count: number): number => Math.floor(count / 2) + 1

/**
 * The greatest index that a majority has reached; a voter that `matched` does not know has 0. `Infinity`
 * when there are no voters.
 *
 * It runs for every answer of a follower. Counting costs the square of a number that is at most seven, and
 * unlike sorting it needs no memory.
 */
export const committedIndex = <Voter>(
  voters: ReadonlyArray<Voter>,
  matched: (voter: Voter) => LogIndex | undefined
): number => {
  if (voters.length === 0) return Infinity
  const needed = majority(voters.length)
  let committed = 0
  for (const candidate of voters) {
    const index = matched(candidate) ?? 0
    if (index <= committed) continue
    let reached = 0
    for (const voter of voters) if ((matched(voter) ?? 0) >= index) reached += 1
    if (reached >= needed) committed = index
  }
  return committed
}

/** The state of an election; `vote` is undefined for who has not answered. No voters: won. */
export const voteResult = <Voter>(
  voters: ReadonlyArray<Voter>,
  vote: (voter: Voter) => boolean | undefined
): VoteResult => {
  if (voters.length === 0) return "won"
  const needed = majority(voters.length)
  let granted = 0
  let rejected = 0
  for (const voter of voters) {
    const answer = vote(voter)
    if (answer === true) granted += 1
    else if (answer === false) rejected += 1
  }
  if (granted >= needed) return "won"
  return voters.length - rejected >= needed ? "pending" : "lost"
}
