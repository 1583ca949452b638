/** Processes that are killed, told to stop, or stand still. */
import * as Effect from "effect/Effect"
import type { Random } from "../../../../simulation/src/random/Random.ts"
import { type Drawn, type Fault, list, seconds, type Victim } from "./Fault.ts"

const majority = (count: number) => Math.floor(count / 2) + 1

/** Ends them at once, and starts them again, each when its time has come. */
const restart = (
  { cloud }: Victim,
  random: Random,
  nodes: ReadonlyArray<string>,
  how: "SIGKILL" | "SIGTERM",
  what: string
): Drawn => {
  const aways = nodes.map(() => seconds(random, 0, 5))
  return {
    what: `${what} (${list(nodes)}), away for ${aways.join(", ")} s`,
    nodes,
    run: Effect.forEach(
      nodes.map((node, at) => [node, aways[at]!] as const),
      ([node, away]) =>
        cloud
          .end(node, how)
          .pipe(
            Effect.andThen(Effect.sleep(away * 1000)),
            Effect.andThen(cloud.start(node)),
            Effect.andThen(cloud.ready(node))
          ),
      { concurrency: "unbounded", discard: true }
    )
  }
}

/** Kills or stops so many of the free nodes. */
const ending = (
  kind: string,
  weight: number,
  how: "SIGKILL" | "SIGTERM",
  count: (all: number) => number,
  isAlone: boolean
): Fault => ({
  kind,
  weight,
  isAlone,
  draw: (victim, random, free) => {
    const wanted = count(victim.cloud.running().length)
    return Effect.succeed(
      free.length < wanted
        ? undefined
        : restart(victim, random, random.some(free, wanted), how, kind)
    )
  }
})

/** The leader is the one whose loss costs most. */
const endingLeader = (kind: string, how: "SIGKILL" | "SIGTERM", isAlone: boolean): Fault => ({
  kind,
  weight: 2,
  isAlone,
  draw: (victim, random, free) =>
    Effect.map(victim.cloud.leader, (leader) =>
      leader === undefined || !free.includes(leader)
        ? undefined
        : restart(victim, random, [leader], how, kind)
    )
})

const pause: Fault = {
  kind: "pause",
  weight: 3,
  isAlone: false,
  draw: ({ cloud }, random, free) =>
    Effect.map(cloud.leader, (leader) => {
      const isLeader = leader !== undefined && free.includes(leader) && random.chance(0.5)
      const node = isLeader ? leader : random.pick(free)
      const length = seconds(random, 1, 6)
      return {
        what: `pause ${isLeader ? "the leader" : "a node"} (${node}) for ${length} s`,
        nodes: [node],
        run: Effect.acquireRelease(cloud.signal(node, "SIGSTOP"), () =>
          cloud.signal(node, "SIGCONT")
        ).pipe(Effect.andThen(Effect.sleep(length * 1000)))
      }
    })
}

/** Without disks, a process that ends takes its copy of the data with it. */
export const processFaults = (hasDisk: boolean): ReadonlyArray<Fault> => [
  ending("kill one", 3, "SIGKILL", () => 1, !hasDisk),
  endingLeader("kill the leader", "SIGKILL", !hasDisk),
  ending("stop one", 2, "SIGTERM", () => 1, !hasDisk),
  endingLeader("stop the leader", "SIGTERM", !hasDisk),
  pause,
  ...(hasDisk
    ? [
        ending("kill a majority", 1, "SIGKILL", majority, false),
        ending("kill all", 1, "SIGKILL", (all) => all, false)
      ]
    : [])
]
