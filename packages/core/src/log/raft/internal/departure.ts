import type { IncarnationId } from "@distri/raft/IncarnationId"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { JoinLog, type JoinQuestion, LeaveLog } from "../../../service/LogServices.ts"
import type { RaftPeers } from "../../RaftPeers.ts"
import { type ClusterId, LogId, Unavailable } from "../../ReplicatedLog.ts"
import { nodeOf } from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import type { Steward } from "./steward.ts"

const lookEvery = Schedule.spaced("20 millis")
/** A successor that has not taken over by then never will. */
const handOverMax = "1500 millis"
const removeMax = "5 seconds"
const tellMax = "300 millis"
/** A voter that was not heard for so long does not count as one that answers. */
export const presentMs = 2000

/** Ends as soon as `holds` does. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.asVoid(Effect.repeat(Effect.sync(holds), { until: (held) => held, schedule: lookEvery }))

const unavailable = (reason: Unavailable["reason"]) => Effect.fail(new Unavailable({ reason }))

/** Another voter leads when this ends, if this node did. The one that has most is asked first. */
export const handOver = ({
  core,
  nowMs
}: Pick<Options, "core" | "nowMs">): Effect.Effect<void, Unavailable> =>
  Effect.suspend(() => {
    const found = core()
    if (found === undefined || !found.leads) return Effect.void
    const { configuration, progress } = found.view
    const now = nowMs()
    const successors = progress
      .filter(({ id }) => id !== found.id && configuration.voters.includes(id))
      .filter(({ id }) => now - (found.heardMs.get(id) ?? -Infinity) < presentMs)
      .toSorted((a, b) => b.match - a.match)
    return Effect.andThen(
      Effect.forEach(successors, ({ id }) => offerTo(found, id), { discard: true }),
      () => (found.leads ? unavailable("NoQuorum") : Effect.void)
    )
  })

const offerTo = (core: Core, to: IncarnationId): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!core.leads) return Effect.void
    core.input({ _tag: "TransferRequested", to })
    const isDone = until(() => !core.leads)
    return Effect.asVoid(Effect.timeoutOption(isDone, handOverMax))
  })

/** The leader takes out whatever memory `gone` has in the log, and waits for it. */
export const remove = (
  { core, steward }: Pick<Options, "core" | "steward">,
  gone: string
): Effect.Effect<void, Unavailable> =>
  Effect.suspend(() => {
    const found = core()
    if (found === undefined || !found.leads) return unavailable("NoLeader")
    const { voters } = found.view.configuration
    const ids = () => membersOf(found, gone)
    if (voters.length === 1 && ids().includes(voters[0]!)) return unavailable("NoQuorum")
    for (const member of ids()) steward.leaving(member)
    return until(() => ids().length === 0 || !found.leads).pipe(
      Effect.timeoutOrElse({ duration: removeMax, orElse: () => unavailable("NoQuorum") }),
      Effect.andThen(() => (ids().length === 0 ? Effect.void : unavailable("NoLeader")))
    )
  })

const membersOf = ({ view }: Core, node: string): ReadonlyArray<IncarnationId> => {
  const { learners, voters } = view.configuration
  return [...voters, ...learners].filter((member) => nodeOf(member) === node)
}

/**
 * This node asks the others to go on without it, again and again for a while. Where that fails it stays,
 * and whoever was told meanwhile that it leaves lets it come back.
 */
export const leave = (options: Options): Effect.Effect<void, Unavailable> =>
  Effect.suspend(() => {
    const { core, id, leaves } = options
    const voters = core()?.view.configuration.voters ?? []
    if (voters.length === 1 && voters[0] === id) return unavailable("NoQuorum")
    leaves(true)
    if (voters.length === 0) return Effect.void
    const asks = Effect.andThen(Effect.ignore(handOver(options)), askToLeave(options)).pipe(
      Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 50 })
    )
    return Effect.andThen(tellAll(options, true), asks).pipe(
      Effect.tapError(() =>
        Effect.suspend(() => {
          leaves(false)
          return tellAll(options, false)
        })
      )
    )
  })

/**
 * Whoever leads next must not take an earlier question of this node for one that still stands, and
 * bring it back; nor let it go when it has stayed.
 */
const tellAll = (
  { cluster, durability, id, peers }: Options,
  leaves: boolean
): Effect.Effect<void> =>
  Effect.flatMap(peers.known, (nodes) =>
    Effect.forEach(
      nodes,
      (node) =>
        peers
          .call(node)(JoinLog, { cluster, id, durability, leaves })
          .pipe(Effect.timeoutOption(tellMax), Effect.ignore),
      { concurrency: "unbounded", discard: true }
    )
  )

const askToLeave = ({
  cluster,
  core,
  id,
  leader,
  peers
}: Options): Effect.Effect<void, Unavailable> =>
  Effect.suspend((): Effect.Effect<void, Unavailable> => {
    const found = core()
    const node = nodeOf(id)
    const to = leader()
    if (found === undefined) return Effect.void
    if (to === undefined || to === node) return unavailable("NoLeader")
    return peers
      .call(to)(LeaveLog, { cluster, log: LogId.make(found.log), node })
      .pipe(
        Effect.catchTag("LinkFailed", () => unavailable("NoLeader")),
        Effect.catchTag(["LogRegressed", "WrongCluster"], ({ _tag }) => unavailable(_tag))
      )
  })

interface Options {
  readonly cluster: ClusterId
  readonly durability: JoinQuestion["durability"]
  readonly id: IncarnationId
  readonly core: () => Core | undefined
  /** The node that leads, as far as this one knows. */
  readonly leader: () => string | undefined
  readonly nowMs: () => number
  readonly peers: RaftPeers["Service"]
  readonly steward: Steward
  /** Whether from now on this node does not ask to be a member. */
  readonly leaves: (isLeaving: boolean) => void
}
