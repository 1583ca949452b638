/**
 * Kinds of runs. The swarm draws a little of everything; the others do one thing over and over, for what
 * goes wrong only where two events nearly meet is rare in the swarm.
 */
import type { Fault } from "./Fault.ts"
import type { RunOptions } from "./Report.ts"
import { Random } from "../random/Random.ts"

export type Schedule = (seed: number) => RunOptions

const sizes = [3, 5, 7] as const

/** What the seed alone draws. */
export const swarm: Schedule = (seed) => ({ seed, nodes: sizes[seed % 3]! })

const namesOf = (nodes: number): ReadonlyArray<string> =>
  Array.from({ length: nodes }, (_, number) => `n${number + 1}`)

/**
 * Somebody campaigns every few moments, and processes die and come back at once: a vote is given again after
 * a restart, a term returns, an entry of an earlier term is committed and replaced. Nobody is asked before
 * an election, and a live leader is no reason to refuse a vote.
 */
export const duels: Schedule = (seed) => {
  const random = new Random(seed, "duels")
  const nodes = random.pick([3, 3, 5] as const)
  const names = namesOf(nodes)
  const everyMs = random.pick([20, 60, 150])
  const durationMs = 400 * everyMs
  const faults: Array<Fault> = []
  for (let at = 500; at < durationMs; at += 2 * everyMs * random.next()) {
    faults.push(duel(random, Math.round(at), names))
  }
  const config = { preVote: false, checkQuorum: false }
  return { schedule: "duels", seed, nodes, durationMs, faults, config }
}

const duel = (random: Random, at: number, names: ReadonlyArray<string>): Fault => {
  const node = random.pick(names)
  const place = random.next()
  if (place < 0.6) return { kind: "campaign", at, node, peer: node }
  if (place < 0.85) {
    return {
      kind: "crash",
      at,
      node,
      point: random.pick(["now", "beforeWrite", "beforeSync", "afterSync", "betweenSends"]),
      downMs: random.whole(5, random.pick([20, 200])),
      keepRatio: random.pick([0, 0, 0.5, 1]),
      isTorn: random.chance(0.5),
      losesDisk: false
    }
  }
  if (place < 0.95) {
    const nodes = random.some(names, 1 + random.below(names.length - 1))
    return { kind: "partition", at, forMs: random.whole(50, 600), shape: "split", nodes }
  }
  const syncMs = random.pick([20, 100])
  return { kind: "slowDisk", at, forMs: random.whole(100, 600), node, syncMs }
}

/**
 * One or two nodes are cut off again and again, often the leader: it goes on leading for those who talk to
 * it, while the others elect the next one.
 */
export const isolations: Schedule = (seed) => {
  const random = new Random(seed, "isolations")
  const nodes = random.pick([3, 3, 5] as const)
  const names = namesOf(nodes)
  const durationMs = 40_000
  const faults: Array<Fault> = []
  for (let at = 1_500; at < durationMs; at += random.whole(1_000, 6_000)) {
    faults.push({
      kind: "partition",
      at,
      forMs: random.whole(1_500, 5_000),
      shape: random.pick(["split", "split", "oneWay"]),
      nodes: random.some(names, random.chance(0.7) ? 1 : 2)
    })
  }
  const config = { preVote: random.chance(0.5), checkQuorum: random.chance(0.5) }
  return { schedule: "isolations", seed, nodes, durationMs, faults, config }
}

/** By the names that `--schedule` takes. */
export const schedules = { swarm, duels, isolations } as const

export type ScheduleName = keyof typeof schedules

export const isSchedule = (name: string): name is ScheduleName => Object.hasOwn(schedules, name)
