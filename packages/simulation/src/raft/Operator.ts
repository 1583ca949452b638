/**
 * Changes the membership as an operator would: one wish at a time, step by step, through whoever leads, and
 * again until it is done or given up. A memory that is lost for ever is replaced first. It never wishes for
 * what would leave the living in a minority: no design survives that.
 */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { ConfChange, ConfChangeStep } from "@distri/raft/membership/ConfChange"
import type { Configuration } from "@distri/raft/membership/Configuration"
import { Random } from "../random/Random.ts"
import type { Cloud } from "./Cloud.ts"
import type { Membership } from "./Fault.ts"
import type { Process } from "./Process.ts"
import { canDecide, leaderOf } from "./quorums.ts"

type Place = "voter" | "learner" | "nowhere"

/** A node, and where it shall be. Both at once for a joint change. */
interface Wish {
  readonly goals: ReadonlyArray<{ readonly node: Process; readonly place: Place }>
  readonly untilMs: number
}

const everyMs = 100
const patienceMs = 8_000

export class Operator {
  private readonly cloud: Cloud
  private readonly random: Random
  private wishes: Array<Wish> = []
  /** Where the voters and learners of lost memories were: their machines shall be there again. */
  private isHealing = false

  constructor(cloud: Cloud) {
    this.cloud = cloud
    this.random = new Random(cloud.seed, "operator")
    this.setNext()
  }

  add(fault: Membership): void {
    const node = this.cloud.named(fault.node)
    const peer = this.cloud.named(fault.peer)
    if (node === undefined || peer === undefined) return
    switch (fault.kind) {
      case "add":
      case "demote":
        return this.wish([[node, "learner"]])
      case "promote":
        this.wish([[node, "learner"]])
        return this.wish([[node, "voter"]])
      case "remove":
        return this.wish([[node, "nowhere"]])
      case "replace":
        this.wish([[peer, "learner"]])
        this.wish([[node, "nowhere"]])
        return this.wish([[peer, "voter"]])
      case "jointReplace":
        return this.wish([
          [node, "nowhere"],
          [peer, "voter"]
        ])
      case "jointDemote":
        return this.wish([
          [node, "learner"],
          [peer, "voter"]
        ])
    }
  }

  /** No more wishes; what is under way in the log still ends. */
  heal(): void {
    this.wishes = []
    this.isHealing = true
  }

  private wish(goals: ReadonlyArray<readonly [Process, Place]>): void {
    this.wishes.push({
      goals: goals.map(([node, place]) => ({ node, place })),
      untilMs: this.cloud.nowMs + patienceMs * (this.wishes.length + 1)
    })
  }

  private setNext(): void {
    this.cloud.heap.set(this.cloud.nowMs + everyMs, () => {
      this.work()
      this.setNext()
    })
  }

  private work(): void {
    const leader = leaderOf(this.cloud)
    if (leader === undefined) return
    const { configuration } = leader.raft!
    if (configuration.votersOutgoing.length > 0) {
      // One that leaves by itself needs no help, and sometimes gets it.
      if (!configuration.autoLeave || this.random.chance(0.1)) this.propose(leader, "Auto", [])
      return
    }
    const lost = this.lostMemory(configuration)
    if (lost !== undefined) return this.replaceMemory(leader, configuration, lost)
    const wish = this.wishes[0]
    if (wish === undefined || this.isHealing) return
    const steps = wish.goals.flatMap(({ node, place }) => stepTo(configuration, node.id, place))
    if (steps.length === 0 || this.cloud.nowMs > wish.untilMs) this.wishes.shift()
    else this.pursue(leader, wish, steps)
  }

  private pursue(leader: Process, wish: Wish, steps: ReadonlyArray<ConfChangeStep>): void {
    for (const { node } of wish.goals) found(node)
    const { configuration } = leader.raft!
    if (!this.isSurvivable(configuration, steps) || this.isBehind(leader, steps)) return
    const isJoint = steps.length > 1 || this.random.chance(0.1)
    const transition = isJoint
      ? this.random.pick(["Auto", "JointImplicit", "JointExplicit"] as const)
      : "Auto"
    this.propose(leader, transition, steps)
    // A second wish right behind the first has to be refused, or to wait.
    if (this.random.chance(0.1)) this.propose(leader, "Auto", steps)
  }

  private propose(
    leader: Process,
    transition: ConfChange["transition"],
    changes: ReadonlyArray<ConfChangeStep>
  ): void {
    const change: ConfChange = { transition, changes }
    leader.run(() =>
      leader.step({
        _tag: "ConfChangeProposed",
        token: this.cloud.nextToken(),
        change,
        timeMs: leader.clockMs()
      })
    )
  }

  /** Remove the old id, add the new one as a learner, promote it when it has caught up. */
  private replaceMemory(leader: Process, configuration: Configuration, lost: IncarnationId): void {
    const node = this.cloud.named(lost.split("/")[0]!)!
    if (configuration.voters.includes(lost)) this.wishAgain(node)
    this.propose(leader, "Auto", [{ kind: "Remove", node: lost }])
  }

  private wishAgain(node: Process): void {
    const isWished = this.wishes.some(({ goals }) => goals.some((goal) => goal.node === node))
    if (isWished || this.isHealing) return
    this.wish([[node, "learner"]])
    this.wish([[node, "voter"]])
  }

  private lostMemory(configuration: Configuration): IncarnationId | undefined {
    const { voters, learners } = configuration
    return [...voters, ...learners].find((id) => this.cloud.node(id) === undefined)
  }

  /** Voters that are down come back; those whose memory is lost do not. */
  private isSurvivable(
    configuration: Configuration,
    steps: ReadonlyArray<ConfChangeStep>
  ): boolean {
    const removed = steps.filter(({ kind }) => kind !== "AddVoter").map(({ node }) => node)
    const added = steps.filter(({ kind }) => kind === "AddVoter").map(({ node }) => node)
    const kept = configuration.voters.filter((id) => !removed.includes(id))
    const voters = [...kept, ...added]
    const isAlive = (id: IncarnationId) => this.cloud.node(id) !== undefined
    return voters.length > 0 && canDecide({ ...configuration, voters }, isAlive)
  }

  /** Whether a learner is to vote that is far behind. It usually has to catch up first. */
  private isBehind(leader: Process, steps: ReadonlyArray<ConfChangeStep>): boolean {
    const { progress, log } = leader.raft!
    const isPatient = this.random.chance(0.9)
    return (
      isPatient &&
      steps.some(({ kind, node }) => {
        const match = progress.find(({ id }) => id === node)?.match ?? log.lastIndex
        return kind === "AddVoter" && match + 20 < log.lastIndex
      })
    )
  }
}

/** What is still to be done for `id` to be in its place. */
const stepTo = (
  configuration: Configuration,
  id: IncarnationId,
  place: Place
): ReadonlyArray<ConfChangeStep> => {
  const isVoter = configuration.voters.includes(id)
  const isLearner = configuration.learners.includes(id)
  const present: Place = isVoter ? "voter" : isLearner ? "learner" : "nowhere"
  if (present === place) return []
  const kind = place === "voter" ? "AddVoter" : place === "learner" ? "AddLearner" : "Remove"
  return [{ kind, node: id }]
}

/** A spare machine is switched on when it is needed. */
const found = (node: Process): void => {
  if (node.isFounded) return
  node.isFounded = true
  node.start()
}
