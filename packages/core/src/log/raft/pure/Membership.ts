/**
 * Decides who should vote: one change of membership after the other, as long as something is to be
 * mended.
 *
 * ```
 *   candidate --> learner --> voter        a node that joins, until there are as many as wanted
 *   voter --> (removed) --> candidate      one that came back with an empty memory, or left
 * ```
 *
 * A memory that is gone is removed first, since it will never answer again; what took its place then
 * joins as any other. Load plays no part in this.
 *
 * Pure: the leader's shell supplies what is known, and proposes what comes out.
 */
import type { ConfChangeStep } from "@distri/raft/membership/ConfChange"
import type { Configuration } from "@distri/raft/membership/Configuration"
import type { IncarnationId } from "@distri/raft/IncarnationId"

/** What the leader knows about one of its members. */
export interface Member {
  /** How far its log is known to equal the leader's. */
  readonly match: number
  /** How long it has said nothing. */
  readonly silentMs: number
  /**
   * For how long it has been missed: as long as it is silent, and this leader has led with it. Who has
   * just begun to lead, or was just given a learner, has heard nothing from many yet.
   */
  readonly missedMs: number
}

/** A node that asks to be part of the cloud, under the name of its present memory. */
export interface Candidate {
  readonly id: IncarnationId
  readonly silentMs: number
}

/** What a leader decides by. */
export interface Situation {
  /** The leader. */
  readonly self: IncarnationId
  readonly configuration: Configuration
  readonly lastIndex: number
  readonly members: ReadonlyMap<IncarnationId, Member>
  readonly candidates: ReadonlyArray<Candidate>
  /** Those that asked to be removed. */
  readonly leaving: ReadonlySet<IncarnationId>
  readonly limits: Limits
}

/**
 * @category configuration
 */
export interface Limits {
  /** Voters at most: 1, 3 or 5. Default 5: more cost time with each write, and survive more losses. */
  readonly votersMax: number
  /**
   * A voter that is silent for so long loses its place to another node, if there is one. Default 10
   * minutes; `Infinity` for never. Less moves data for every long reboot.
   */
  readonly silentVoterMs: number
  /** A node that said nothing for so long is not asked to join or vote. Default 3 s. */
  readonly presentMs: number
  /** A learner that is no further behind than so many entries may vote. Default 1,000. */
  readonly promotableEntries: number
}

/** @category configuration */
export const defaultLimits: Limits = {
  votersMax: 5,
  silentVoterMs: 600_000,
  presentMs: 3000,
  promotableEntries: 1000
}

/** A learner has no vote that could be missed. */
const silentLearnerMs = 30_000

/**
 * A cloud that has become smaller keeps so many voters, also where fewer would be enough: two that have
 * everything lose less than one.
 */
const shrunkMin = 3

/** The node that an incarnation is one of. */
export const nodeOf = (id: IncarnationId): string => id.slice(0, id.lastIndexOf("/"))

/** How many of `nodes` nodes should vote: odd numbers, since an even one survives no more. */
export const votersWanted = (nodes: number, votersMax: number): number => {
  const wanted = nodes < 3 ? 1 : nodes < 7 ? 3 : 5
  return Math.min(wanted, votersMax)
}

/** The next change, or nothing: all is as it should be, or has to wait. */
export const next = (situation: Situation): ConfChangeStep | undefined => {
  const { votersOutgoing } = situation.configuration
  // A change of several voters is under way, which the core ends by itself.
  if (votersOutgoing.length > 0) return undefined
  return remove(situation) ?? promote(situation) ?? admit(situation)
}

/** Whether `id` is a member, or will be asked to become one. */
export const isWanted = (situation: Situation, id: IncarnationId): boolean => {
  const { learners, voters } = situation.configuration
  const all = [...voters, ...learners]
  if (all.includes(id)) return true
  if (situation.leaving.has(id)) return false
  // What an earlier memory of the same node holds is about to be free.
  const others = all.filter((member) => nodeOf(member) !== nodeOf(id))
  const candidates = [...situation.candidates, { id, silentMs: 0 }]
  return others.length < wanted({ ...situation, candidates })
}

const remove = (situation: Situation): ConfChangeStep | undefined => {
  const { configuration, leaving, limits, members, self } = situation
  const { learners, voters } = configuration
  const present = presentCandidates(situation)
  const isGone = (id: IncarnationId) =>
    present.some((candidate) => candidate.id !== id && nodeOf(candidate.id) === nodeOf(id))
  const silentMs = (id: IncarnationId) => members.get(id)?.silentMs ?? Infinity
  const missedMs = (id: IncarnationId) => members.get(id)?.missedMs ?? 0
  const isLost = (id: IncarnationId) =>
    missedMs(id) >= limits.silentVoterMs && present.some(({ id: other }) => !isMember(other))
  const isMember = (id: IncarnationId) => voters.includes(id) || learners.includes(id)

  const surplus = voters.length > Math.max(wanted(situation), Math.min(shrunkMin, limits.votersMax))
  // The one that has been silent for longest goes first; of equals the last by name.
  const bySilence = voters.toSorted(
    (a, b) => silentMs(b) - silentMs(a) || (a < b ? 1 : a > b ? -1 : 0)
  )
  const learner =
    learners.find((id) => leaving.has(id) || isGone(id)) ??
    // Its place is for one that answers; it may ask again.
    learners.find((id) => missedMs(id) >= silentLearnerMs)
  if (learner !== undefined) return { kind: "Remove", node: learner }
  const removable = (id: IncarnationId) => id !== self && canLose(situation, id)
  const voter =
    bySilence.find((id) => removable(id) && (leaving.has(id) || isGone(id))) ??
    bySilence.find((id) => removable(id) && (surplus || isLost(id)))
  return voter === undefined ? undefined : { kind: "Remove", node: voter }
}

/** Whether enough of the present voters, and of those that stay, answer to go on without `id`. */
const canLose = ({ configuration, limits, members, self }: Situation, id: IncarnationId) => {
  const { voters } = configuration
  const answers = (voter: IncarnationId) =>
    voter === self || (members.get(voter)?.silentMs ?? Infinity) < limits.presentMs
  const remaining = voters.filter((voter) => voter !== id)
  const isMajority = (of: ReadonlyArray<IncarnationId>) => of.filter(answers).length * 2 > of.length
  return remaining.length > 0 && isMajority(remaining) && isMajority(voters)
}

const promote = (situation: Situation): ConfChangeStep | undefined => {
  const { configuration, lastIndex, limits, members } = situation
  if (configuration.voters.length >= wanted(situation)) return undefined
  const node = configuration.learners.find((id) => {
    const member = members.get(id)
    return (
      member !== undefined &&
      // It has answered as a learner; what was heard of it before may have been its last word.
      member.match > 0 &&
      member.silentMs < limits.presentMs &&
      member.match + limits.promotableEntries >= lastIndex
    )
  })
  return node === undefined ? undefined : { kind: "AddVoter", node }
}

const admit = (situation: Situation): ConfChangeStep | undefined => {
  const { learners, voters } = situation.configuration
  if (voters.length + learners.length >= wanted(situation)) return undefined
  const taken = new Set([...voters, ...learners].map(nodeOf))
  const candidate = presentCandidates(situation).find(({ id }) => !taken.has(nodeOf(id)))
  return candidate === undefined ? undefined : { kind: "AddLearner", node: candidate.id }
}

/** In a fixed order, so that every leader would choose alike. */
const presentCandidates = ({ candidates, leaving, limits }: Situation) =>
  candidates
    .filter(({ id, silentMs }) => silentMs < limits.presentMs && !leaving.has(id))
    .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

/** Who left counts for a while: most come back, and voters that come and go help nobody. */
const wanted = ({ candidates, configuration, leaving, limits }: Situation): number => {
  const { learners, voters } = configuration
  const ids = [...voters, ...learners, ...leaving, ...candidates.map(({ id }) => id)]
  return votersWanted(new Set(ids.map(nodeOf)).size, limits.votersMax)
}
