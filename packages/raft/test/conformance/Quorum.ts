/**
 * Quorum arithmetic: which index a set of voters has committed, and how a vote stands.
 *
 *   committed cfg=(1,2) cfgj=(2,3) idx=(100,_,99)      vote cfg=(1,2) votes=(y,n)
 *
 * `idx` and `votes` hold one value for each voter, first those of `cfg`, then the further ones of `cfgj`;
 * `_` is a voter nothing is known of. Where the mathematics leaves no choice (a configuration joint with
 * itself, swapped halves, a naive count) the other way is computed too, and shown when it differs.
 */
import type { IncarnationId } from "../../src/IncarnationId.ts"
import * as Joint from "../../src/quorum/Joint.ts"
import * as Majority from "../../src/quorum/Majority.ts"
import { BadTrace, type Directive, valuesOf } from "./Directive.ts"

type Ids = ReadonlyArray<IncarnationId>
type Known<A> = (id: IncarnationId) => A | undefined

export const runQuorum = (directive: Directive): string => {
  const voters = unique(valuesOf(directive, "cfg"))
  const isJoint = directive.args.some(({ key }) => key === "cfgj")
  const outgoing = unique(valuesOf(directive, "cfgj").filter((id) => id !== "zero"))
  const everyone = unique([...voters, ...outgoing])
  const given = valuesOf(directive, directive.command === "vote" ? "votes" : "idx")
  if (given.length !== everyone.length) {
    throw new BadTrace(`${given.length} values for ${everyone.length} voters`)
  }
  const known = new Map(everyone.map((id, at) => [id, given[at]!] as const))
  for (const [id, value] of known) if (value === "_") known.delete(id)
  if (directive.command === "vote") return vote(voters, outgoing, isJoint, known)
  const matched: Known<number> = (id) => (known.has(id) ? Number(known.get(id)) : undefined)
  return committed(voters, outgoing, isJoint, everyone, matched)
}

const vote = (
  voters: Ids,
  outgoing: Ids,
  isJoint: boolean,
  known: ReadonlyMap<string, string>
): string => {
  const votes: Known<boolean> = (id) => (known.has(id) ? known.get(id) === "y" : undefined)
  const result = isJoint
    ? Joint.voteResult({ voters, votersOutgoing: outgoing }, votes)
    : Majority.voteResult(voters, votes)
  const others: ReadonlyArray<readonly [string, Majority.VoteResult]> = isJoint
    ? [["symmetry", Joint.voteResult({ voters: outgoing, votersOutgoing: voters }, votes)]]
    : [
        ["zero-joint quorum", Joint.voteResult({ voters, votersOutgoing: [] }, votes)],
        ["self-joint quorum", Joint.voteResult({ voters, votersOutgoing: voters }, votes)]
      ]
  return [...differing(others, result, voteName), voteName(result)].join("\n")
}

const committed = (
  voters: Ids,
  outgoing: Ids,
  isJoint: boolean,
  everyone: Ids,
  matched: Known<number>
): string => {
  const joint = (votersOutgoing: Ids) => Joint.committedIndex({ voters, votersOutgoing }, matched)
  const result = isJoint ? joint(outgoing) : Majority.committedIndex(voters, matched)
  const others: ReadonlyArray<readonly [string, number]> = isJoint
    ? [["symmetry", Joint.committedIndex({ voters: outgoing, votersOutgoing: voters }, matched)]]
    : [
        ["alternative computation", naive(voters, matched)],
        ["zero-joint quorum", joint([])],
        ["self-joint quorum", joint(voters)],
        ...overlays(voters, matched, result)
      ]
  const lines = [...differing(others, result, indexName), indexName(result)]
  const chart = bars(everyone, matched)
  // The reference ends the picture of nobody without a new line.
  return everyone.length === 0 ? `${chart}${lines.join("\n")}` : [chart, ...lines].join("\n")
}

/** What lies below the committed index may sink further without a change. */
const overlays = (voters: Ids, matched: Known<number>, result: number) =>
  voters.flatMap((id) => {
    const own = matched(id) ?? 0
    if (own === 0 || own >= result) return []
    return [own - 1, 0].map((lower) => {
      const overlay: Known<number> = (other) => (other === id ? lower : matched(other))
      return [`overlaying ${id}->${lower}`, Majority.committedIndex(voters, overlay)] as const
    })
  })

/** The highest index that more than half have reached, by trying each. */
const naive = (voters: Ids, matched: Known<number>): number => {
  if (voters.length === 0) return Infinity
  const reached = (index: number) => voters.filter((id) => (matched(id) ?? 0) >= index).length
  const candidates = [0, ...voters.map((id) => matched(id) ?? 0)]
  return Math.max(...candidates.filter((index) => reached(index) > voters.length / 2))
}

/** A bar for each voter, as long as the number of voters behind it. */
const bars = (ids: Ids, matched: Known<number>): string => {
  if (ids.length === 0) return "<empty majority quorum>"
  const index = (id: IncarnationId) => matched(id) ?? 0
  const row = (id: IncarnationId) => {
    const bar = ids.filter((other) => index(other) < index(id)).length
    const head = matched(id) === undefined ? "?" : `${"x".repeat(bar)}>`
    return `${head.padEnd(ids.length + 1)} ${indexName(index(id)).padStart(5)}    (id=${id})`
  }
  const byNumber = ids.toSorted((left, right) => Number(left) - Number(right))
  return [`${" ".repeat(ids.length)}    idx`, ...byNumber.map(row)].join("\n")
}

const differing = <A>(
  others: ReadonlyArray<readonly [string, A]>,
  result: A,
  name: (value: A) => string
): ReadonlyArray<string> =>
  others
    .filter(([, other]) => other !== result)
    .map(([how, other]) => `${name(other)} <-- via ${how}`)

const unique = (ids: Ids): Ids => Array.from(new Set(ids))
const indexName = (index: number): string => (index === Infinity ? "∞" : String(index))
const voteName = (result: Majority.VoteResult): string =>
  ({ won: "VoteWon", lost: "VoteLost", pending: "VotePending" })[result]
