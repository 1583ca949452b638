/** Connections that are cut, slow, or broken. */
import * as Effect from "effect/Effect"
import type { Random } from "../../../../simulation/src/random/Random.ts"
import { clients, type Condition } from "../relay/Network.ts"
import { type Fault, list, seconds, type Victim } from "./Fault.ts"

const names = ({ cloud }: Victim) => cloud.running().map(({ name }) => name)

/** A condition of the network for some seconds. */
const imposed = (
  kind: string,
  weight: number,
  choose: (
    victim: Victim,
    random: Random
  ) => Effect.Effect<readonly [what: string, condition: Condition] | undefined>
): Fault => ({
  kind,
  weight,
  isAlone: false,
  draw: (victim, random) =>
    Effect.map(choose(victim, random), (chosen) => {
      if (chosen === undefined) return undefined
      const [what, condition] = chosen
      const length = seconds(random, 1, 10)
      return {
        what: `${what} for ${length} s`,
        nodes: [],
        run: Effect.andThen(victim.network.impose(condition), Effect.sleep(length * 1000))
      }
    })
})

/** Between one side and the other; where clients are is drawn too. */
const between = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): Condition => ({
  isCut: true,
  covers: (from, to) =>
    (one.includes(from) && other.includes(to)) || (other.includes(from) && one.includes(to))
})

const without = (all: ReadonlyArray<string>, one: string) => all.filter((name) => name !== one)

/** From the other nodes, and from the clients or not. */
const isolate = (victim: Victim, random: Random, node: string) => {
  const isFromClients = random.chance(0.5)
  const others = [...without(names(victim), node), ...(isFromClients ? [clients] : [])]
  return [
    `cut ${node} off from ${isFromClients ? "all" : "the other nodes"}`,
    between([node], others)
  ] as const
}

const isolateOne = imposed("isolate one", 2, (victim, random) =>
  Effect.sync(() => isolate(victim, random, random.pick(names(victim))))
)

const isolateLeader = imposed("isolate the leader", 3, (victim, random) =>
  Effect.map(victim.cloud.leader, (leader) =>
    leader === undefined ? undefined : isolate(victim, random, leader)
  )
)

const oneWay = imposed("cut one way", 3, (victim, random) =>
  Effect.sync(() => {
    const node = random.pick(names(victim))
    const isOut = random.chance(0.5)
    const others = random.chance(0.5)
      ? without(names(victim), node)
      : [random.pick(without(names(victim), node))]
    return [
      isOut
        ? `nothing from ${node} reaches ${list(others)}`
        : `nothing from ${list(others)} reaches ${node}`,
      {
        isCut: true,
        covers: (from, to) =>
          isOut ? from === node && others.includes(to) : to === node && others.includes(from)
      }
    ]
  })
)

/** Clients are on both sides. */
const split = imposed("split", 2, (victim, random) =>
  Effect.sync(() => {
    const all = random.some(names(victim), names(victim).length)
    const one = all.slice(0, Math.max(1, Math.floor(all.length / 2)))
    const other = all.slice(one.length)
    return [`split ${list(one)} from ${list(other)}`, between(one, other)]
  })
)

/** Nobody reaches one other node, yet all are up. */
const chain = imposed("cut a pair", 1, (victim, random) =>
  Effect.sync(() => {
    const [one, other] = random.some(names(victim), 2)
    if (one === undefined || other === undefined) return undefined
    return [`cut ${one} from ${other}`, between([one], [other])]
  })
)

const slow = imposed("slow", 2, (victim, random) =>
  Effect.sync(() => {
    const node = random.pick(names(victim))
    const delayMs = random.pick([50, 200, 500, 1500])
    return [
      `what goes to and from ${node} takes ${delayMs} ms longer`,
      { delayMs, covers: (from, to) => from === node || to === node }
    ]
  })
)

const reset: Fault = {
  kind: "reset",
  weight: 1,
  isAlone: false,
  draw: (victim, random) => {
    const node = random.pick(names(victim))
    return Effect.succeed({
      what: `break all connections of ${node}`,
      nodes: [],
      run: Effect.sync(() => {
        for (const other of [...names(victim), clients]) {
          victim.network.reset(node, other)
          victim.network.reset(other, node)
        }
      })
    })
  }
}

export const networkFaults: ReadonlyArray<Fault> = [
  isolateOne,
  isolateLeader,
  oneWay,
  split,
  chain,
  slow,
  reset
]
