import type { IncarnationId } from "@distri/raft/IncarnationId"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { LeaveLog } from "../../../service/LogServices.ts"
import { type ClusterId, LogId, type ReplicatedLog, Unavailable } from "../../ReplicatedLog.ts"
import type { LogMember, LogStatus } from "../../LogMember.ts"
import type { RaftPeers } from "../../RaftPeers.ts"
import * as Frame from "../pure/Frame.ts"
import { nodeOf } from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import type { Hearsay } from "./joining.ts"
import type { Steward } from "./steward.ts"

const lookEvery = Schedule.spaced("20 millis")
/** A successor that has not taken over by then never will. */
const handOverMax = "1500 millis"
const removeMax = "5 seconds"
/** A voter that was not heard for so long does not count as one that answers. */
const presentMs = 2000

/** What the cloud asks of this node's part in the log. */
export const make = (options: {
  readonly cluster: ClusterId
  readonly id: IncarnationId
  readonly core: () => Core | undefined
  readonly hearsay: () => Hearsay
  readonly local: ReplicatedLog["Service"]
  readonly nowMs: () => number
  readonly peers: RaftPeers["Service"]
  readonly steward: Steward
  /** From now on this node does not ask to be a member. */
  readonly leaves: () => void
}): LogMember["Service"] => {
  const { cluster, core, hearsay, id, leaves, local, nowMs, peers, steward } = options
  const node = nodeOf(id)
  const until = (holds: () => boolean) =>
    Effect.asVoid(Effect.repeat(Effect.sync(holds), { until: (held) => held, schedule: lookEvery }))

  const votes = () => core()?.view.configuration.voters.includes(id) === true
  const leaderNode = (): string | undefined => {
    const own = core()?.view.leader
    return own === undefined ? hearsay().leader : nodeOf(own)
  }

  const handOver = Effect.suspend(() => {
    const found = core()
    if (found === undefined || !found.leads) return Effect.void
    const { configuration, progress } = found.view
    const now = nowMs()
    const successors = progress
      .filter(({ id: other }) => other !== id && configuration.voters.includes(other))
      .filter(({ id: other }) => now - (found.heardMs.get(other) ?? -Infinity) < presentMs)
      .toSorted((a, b) => b.match - a.match)
    return Effect.forEach(
      successors,
      ({ id: to }) =>
        Effect.suspend(() => {
          if (!found.leads) return Effect.void
          found.input({ _tag: "TransferRequested", to })
          return Effect.asVoid(
            Effect.timeoutOption(
              until(() => !found.leads),
              handOverMax
            )
          )
        }),
      { discard: true }
    ).pipe(
      Effect.andThen(() =>
        found.leads ? Effect.fail(new Unavailable({ reason: "NoQuorum" })) : Effect.void
      )
    )
  })

  const remove = (gone: string) =>
    Effect.suspend(() => {
      const found = core()
      if (found === undefined || !found.leads)
        return Effect.fail(new Unavailable({ reason: "NoLeader" }))
      const { configuration } = found.view
      const ids = () =>
        [...found.view.configuration.voters, ...found.view.configuration.learners].filter(
          (member) => nodeOf(member) === gone
        )
      if (configuration.voters.length === 1 && ids().includes(configuration.voters[0]!))
        return Effect.fail(new Unavailable({ reason: "NoQuorum" }))
      for (const member of ids()) steward.leaving(member)
      return until(() => ids().length === 0 || !found.leads).pipe(
        Effect.timeoutOrElse({
          duration: removeMax,
          orElse: () => Effect.fail(new Unavailable({ reason: "NoQuorum" }))
        }),
        Effect.andThen(() =>
          ids().length === 0 ? Effect.void : Effect.fail(new Unavailable({ reason: "NoLeader" }))
        )
      )
    })

  const askToLeave = Effect.suspend((): Effect.Effect<void, Unavailable> => {
    const found = core()
    const leader = leaderNode()
    if (found === undefined) return Effect.void
    if (leader === undefined || leader === node)
      return Effect.fail(new Unavailable({ reason: "NoLeader" }))
    return peers
      .call(leader)(LeaveLog, { cluster, log: LogId.make(found.log), node })
      .pipe(
        Effect.catchTag("LinkFailed", () => Effect.fail(new Unavailable({ reason: "NoLeader" }))),
        Effect.catchTag(["LogRegressed", "WrongCluster"], ({ _tag }) =>
          Effect.fail(new Unavailable({ reason: _tag }))
        )
      )
  })

  return {
    local,
    status: Effect.sync(() => status(core(), hearsay(), id, nowMs())),
    receive: (from, bytes) => {
      const frame = Frame.decode(bytes)
      if ("issue" in frame) return frame
      const found = core()
      // Nothing is lost by waiting: whoever sent it sends again.
      if (found === undefined) return undefined
      if (frame.log !== found.log) return undefined
      found.receive(frame.messages.filter((message) => nodeOf(message.from) === from))
      return undefined
    },
    join: (question) =>
      Effect.sync(() => {
        steward.asked(question.id)
        peers.heard(nodeOf(question.id))
        const found = core()
        if (found === undefined) return { id, members: [] }
        const { learners, voters } = found.view.configuration
        const leader = leaderNode()
        return {
          id,
          log: LogId.make(found.log),
          members: found.follows ? [...voters, ...learners] : hearsay().members,
          ...(leader !== undefined && { leader }),
          ...(found.leads && { wanted: steward.wants(question.id) })
        }
      }),
    fetched: (member) => core()?.transfers.fetched(member, nowMs()),
    settled: until(
      () => votes() || (core() !== undefined && !core()!.follows && hearsay().wanted === false)
    ),
    handOver,
    remove,
    leave: Effect.suspend(() => {
      leaves()
      const found = core()
      if (found === undefined || found.view.configuration.voters.length === 0) return Effect.void
      const { voters } = found.view.configuration
      if (voters.length === 1 && voters[0] === id)
        return Effect.fail(new Unavailable({ reason: "NoQuorum" }))
      return Effect.andThen(Effect.ignore(handOver), askToLeave).pipe(
        Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 50 })
      )
    })
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
  const { configuration, leader, log, role, term } = core.view
  // Who is no member knows of the others by what they say.
  const { learners, voters } =
    core.follows || configuration.voters.length > 0
      ? configuration
      : { voters: hearsay.members, learners: [] as ReadonlyArray<string> }
  const answers = (voter: IncarnationId) =>
    voter === id || nowMs - (core.heardMs.get(voter) ?? -Infinity) < presentMs
  // A follower hears the leader only; what it does not hear it takes for well.
  const present = role === "leader" ? voters.filter(answers).length : voters.length
  const known = leader === undefined ? hearsay.leader : nodeOf(leader)
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
    leader: known,
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
