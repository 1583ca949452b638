/**
 * RA10, Ongaro §4.1: every majority before a change of membership meets every majority after it. So voters
 * change by one, or through a joint configuration, and a leader has one change at a time in its log that
 * it has not applied. Those it found there when it was elected are another's, and were made one at a time.
 */
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Configuration } from "@distri/raft/membership/Configuration"
import { majority } from "@distri/raft/quorum/Majority"
import type { LogView, RaftView } from "@distri/raft/RaftView"
import type { Invariant } from "../Invariant.ts"

interface Before {
  configuration: Configuration
  last: LogIndex
  applied: LogIndex
}

export const membershipSafety: Invariant = {
  rule: "RA10",
  title: "MembershipSafety",
  on: ["Stepped", "Started"],
  make: () => {
    const lives: Array<Before> = []
    return (_, event) => {
      if (event._tag !== "Stepped" && event._tag !== "Started") return undefined
      const { number, raft, name } = event.node
      if (raft === undefined) return undefined
      const { configuration, log } = raft
      const before = lives[number]
      if (event._tag === "Started" || before === undefined) {
        lives[number] = { configuration, last: log.lastIndex, applied: log.applied }
        return undefined
      }
      const { configuration: old, last, applied } = before
      before.configuration = configuration
      before.last = log.lastIndex
      before.applied = log.applied
      const problem =
        (raft.role === "leader" ? twoPending(raft, last) : undefined) ??
        (old !== configuration && changes(log, applied) === 1
          ? tooFar(old, configuration)
          : undefined)
      return problem === undefined ? undefined : `${name}: ${problem}`
    }
  }
}

/** How many changes the last event applied: a snapshot stands for any number and shows none. */
const changes = (log: LogView, appliedBefore: LogIndex): number => {
  let count = 0
  for (let index = appliedBefore + 1; index <= log.applied; index++) {
    if (log.entry(index)?.kind === "confChange") count++
  }
  return count
}

/** Looks only at what this leader appended just now, and from there back over what is not applied. */
const twoPending = ({ log }: RaftView, lastBefore: LogIndex): string | undefined => {
  for (let index = log.lastIndex; index > lastBefore; index--) {
    if (log.entry(index)?.kind !== "confChange") continue
    for (let earlier = index - 1; earlier > log.applied; earlier--) {
      if (log.entry(earlier)?.kind === "confChange") {
        return `proposed a change at ${index} while the one at ${earlier} is not applied`
      }
    }
  }
  return undefined
}

const tooFar = (old: Configuration, now: Configuration): string | undefined => {
  if (old.voters.length === 0) return undefined
  if (now.voters.length === 0) return "the last voter is gone"
  const oldHalves = [old.voters, old.votersOutgoing]
  const nowHalves = [now.voters, now.votersOutgoing]
  // A decision takes majorities of both halves, so one half that meets is enough.
  const meets = oldHalves.some((left) => nowHalves.some((right) => alwaysMeet(left, right)))
  return meets
    ? undefined
    : `majorities of ${old.voters.join(", ")} and of ${now.voters.join(", ")} need not meet`
}

/** Two majorities are disjoint only if both find room in the union. */
const alwaysMeet = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): boolean => {
  if (left.length === 0 || right.length === 0) return false
  const union = left.length + right.filter((id) => !left.includes(id)).length
  return majority(left.length) + majority(right.length) > union
}
