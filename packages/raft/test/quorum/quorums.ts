/** The definition of a quorum, by sets and slowly: what the code is compared with. */
import * as fc from "fast-check"
import type { IncarnationId } from "../../src/IncarnationId.ts"
import type { Electorate } from "../../src/quorum/Joint.ts"

type Ids = ReadonlyArray<IncarnationId>

export const nodes = ["a/1", "b/1", "c/1", "d/1", "e/1", "f/1", "g/1"] as const

/** More than half of each list, where a list without voters asks nothing. */
export const isQuorum = ({ voters, votersOutgoing }: Electorate, set: Ids): boolean =>
  [voters, votersOutgoing].every(
    (list) => list.length === 0 || 2 * list.filter((id) => set.includes(id)).length > list.length
  )

/** All sets that can be made of `ids`. */
export const subsets = (ids: Ids): ReadonlyArray<Ids> =>
  ids.reduce<ReadonlyArray<Ids>>((sets, id) => [...sets, ...sets.map((set) => [...set, id])], [[]])

/** All quorums that can be made of the voters. */
export const quorums = (electorate: Electorate): ReadonlyArray<Ids> =>
  subsets([...new Set([...electorate.voters, ...electorate.votersOutgoing])]).filter((set) =>
    isQuorum(electorate, set)
  )

/** Voters of one list, in any number up to seven. */
export const voters = fc.subarray<IncarnationId>([...nodes])

/** What each node reached. Small numbers, so that many are equal; a node without one did not answer. */
export const matches = fc.dictionary(fc.constantFrom(...nodes), fc.nat({ max: 6 }))

export const votes = fc.dictionary(fc.constantFrom(...nodes), fc.boolean())

export const runs = (few: number) => ({ numRuns: Number(process.env["RUNS"] ?? few) })
