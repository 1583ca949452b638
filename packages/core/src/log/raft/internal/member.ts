import type { IncarnationId } from "@distri/raft/IncarnationId"
import * as Effect from "effect/Effect"
import type { JoinAnswer, JoinQuestion } from "../../../service/LogServices.ts"
import { type ClusterId, LogId, type ReplicatedLog } from "../../ReplicatedLog.ts"
import type { LogMember, LogStatus, Received } from "../../LogMember.ts"
import type { RaftPeers } from "../../RaftPeers.ts"
import * as Frame from "../pure/Frame.ts"
import { nodeOf } from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import * as Departure from "./departure.ts"
import type { Hearsay } from "./joining.ts"
import type { Steward } from "./steward.ts"

interface Options {
  readonly cluster: ClusterId
  readonly id: IncarnationId
  readonly durability: JoinAnswer["durability"]
  readonly core: () => Core | undefined
  readonly hearsay: () => Hearsay
  readonly local: ReplicatedLog["Service"]
  readonly nowMs: () => number
  readonly peers: RaftPeers["Service"]
  readonly steward: Steward
  readonly isAlone: () => boolean
  /** Whether from now on this node does not ask to be a member. */
  readonly leaves: (isLeaving: boolean) => void
}

/** What the cloud asks of this node's part in the log. */
export const make = (options: Options): LogMember["Service"] => {
  const { core, hearsay, id, local, nowMs } = options
  const isSettled = () => {
    const found = core()
    if (found === undefined) return false
    const votes = found.view.configuration.voters.includes(id)
    return votes || (!found.follows && hearsay().wanted === false)
  }
  const departing = { ...options, leader: () => leaderOf(options) }
  return {
    local,
    status: Effect.sync(() => status(core(), hearsay(), id, nowMs())),
    receive: (from, bytes) => receive(core(), from, bytes),
    join: (question) => Effect.sync(() => join(options, question)),
    fetched: (member) => core()?.transfers.fetched(member, nowMs()),
    alone: Departure.until(options.isAlone),
    settled: Departure.until(isSettled),
    handOver: Departure.handOver(departing),
    remove: (node) => Departure.remove(departing, node),
    leave: Departure.leave(departing)
  }
}

const leaderOf = ({ core, hearsay }: Pick<Options, "core" | "hearsay">): string | undefined => {
  const found = core()
  const own = found?.follows === true ? found.view.leader : undefined
  return own === undefined ? hearsay().leader : nodeOf(own)
}

const receive = (core: Core | undefined, from: string, bytes: Uint8Array): Received => {
  const frame = Frame.decode(bytes)
  if ("issue" in frame) return frame
  // Nothing is lost by waiting until there is a core: whoever sent it sends again.
  if (core === undefined || frame.log !== core.log) return undefined
  core.receive(frame.messages.filter((message) => nodeOf(message.from) === from))
  return undefined
}

const join = (options: Options, question: JoinQuestion): JoinAnswer => {
  const { core, durability, hearsay, id, peers, steward } = options
  const found = core()
  // A copy that is gone with its process would count as much as one on a disk.
  if (question.durability === durability) {
    // Every node remembers it: the leader that was asked to let it go may not be the next one.
    if (question.leaves === false) steward.stays(question.id)
    if (question.leaves === true) steward.leaving(question.id)
    // What follows another log would never take what it is sent of this one.
    else if (question.log === undefined || question.log === found?.log) steward.asked(question.id)
  }
  peers.heard(nodeOf(question.id))
  if (found === undefined) return { id, durability, members: [] }
  const { learners, voters } = found.view.configuration
  const leader = leaderOf(options)
  const wanted = steward.wants(question.id)
  return {
    id,
    durability,
    log: LogId.make(found.log),
    holds: !found.isEmpty,
    members: found.follows ? [...voters, ...learners] : hearsay().members,
    ...(leader !== undefined && { leader }),
    ...(wanted !== undefined && { wanted })
  }
}

const status = (
  core: Core | undefined,
  hearsay: Hearsay,
  id: IncarnationId,
  nowMs: number
): LogStatus => {
  if (core === undefined)
    return {
      role: "replica",
      term: 0,
      leader: undefined,
      voters: [],
      learners: [],
      commit: 0,
      retainedBytes: 0,
      survives: -1
    }
  const { configuration, log, role, term } = core.view
  // Who is no member knows of the others by what they say.
  const { learners, voters } =
    core.follows || configuration.voters.length > 0
      ? configuration
      : { voters: hearsay.members, learners: [] as ReadonlyArray<string> }
  const answers = (voter: IncarnationId) =>
    voter === id || nowMs - (core.heardMs.get(voter) ?? -Infinity) < Departure.presentMs
  // A follower hears the leader only; what it does not hear it takes for well.
  const present = role === "leader" ? voters.filter(answers).length : voters.length
  return {
    role:
      role === "leader"
        ? "leader"
        : voters.includes(id)
          ? "voter"
          : learners.includes(id)
            ? "learner"
            : "replica",
    term,
    leader: leaderOf({ core: () => core, hearsay: () => hearsay }),
    voters: voters.map(nodeOf),
    learners: learners.map(nodeOf),
    commit: Math.max(log.commit, core.published.last),
    retainedBytes: core.published.retainedBytes,
    survives:
      core.follows || hearsay.leader !== undefined
        ? present - (Math.floor(voters.length / 2) + 1)
        : -1
  }
}
