/**
 * Draws the faults of a run: of the kinds that a plan allows a random subset, with random weights, so that
 * runs differ in kind (Groce et al., "Swarm testing", 2012). A network that only delays finds other bugs
 * than one on which everything goes wrong at once.
 */
import { Random } from "../random/Random.ts"
import type { Fault } from "./Fault.ts"

/**
 * Which kinds of faults a run may have. Default of each: none.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface FaultPlan {
  /** Split, one way, one machine from all, ring; clients may be cut off too. */
  readonly partitions?: boolean
  /** Slow links in one direction, and times in which everything is slow. */
  readonly slowness?: boolean
  /** Connections that break in the midst of a message, for both sides or for one. */
  readonly resets?: boolean
  /** Of one node; its process alone, or the machine with it. What a program cannot bear, it says by `canLose`. */
  readonly crashes?: boolean
  /** Of all machines at once, or of most. */
  readonly blackouts?: boolean
  /** Crashes may lose the disk. */
  readonly lostDisks?: boolean
  /** Polite restarts, one node after the other. */
  readonly restarts?: boolean
  readonly pauses?: boolean
  /** Wall clocks that jump, forward and back. */
  readonly clocks?: boolean
  /** No fault before this time, in which the programs start. Default 0. */
  readonly fromMs?: number
}

interface Names {
  readonly nodes: ReadonlyArray<string>
  readonly all: ReadonlyArray<string>
}

type Draw = (random: Random, at: number, names: Names) => Fault | ReadonlyArray<Fault>

const split: Draw = (random, at, { all, nodes }) => {
  const some = random.some(random.chance(0.7) ? nodes : all, 1 + random.below(nodes.length))
  return {
    kind: "partition",
    at,
    forMs: random.whole(300, 12_000),
    shape: random.pick(["split", "split", "oneWay"] as const),
    nodes: [some[0]!, ...some.slice(1)]
  }
}

const isolation: Draw = (random, at, { nodes }) => ({
  kind: "partition",
  at,
  forMs: random.whole(300, 12_000),
  shape: random.pick(["split", "oneWay"] as const),
  nodes: [random.pick(nodes)]
})

const ring: Draw = (random, at, { nodes }) => {
  const [first, ...rest] = random.some(nodes, nodes.length)
  return {
    kind: "partition",
    at,
    forMs: random.whole(300, 8_000),
    shape: "ring",
    nodes: [first!, ...rest]
  }
}

const slowLink: Draw = (random, at, { all }) => {
  const [from, to] = random.some(all, 2)
  return {
    kind: "slowLink",
    at,
    forMs: random.whole(1_000, 15_000),
    from: from!,
    to: to!,
    extraMs: random.whole(50, 3_000),
    ...(random.chance(0.4) ? { bytesPerSecond: random.whole(1_000, 50_000) } : {})
  }
}

const storm: Draw = (random, at) => ({
  kind: "storm",
  at,
  forMs: random.whole(200, 8_000),
  extraMs: random.pick([50, 300, 2_000])
})

const reset: Draw = (random, at, { all, nodes }) => {
  const from = random.pick(nodes)
  const others = all.filter((other) => other !== from)
  const to = random.pick(others)
  const isTurned = random.chance(0.5)
  return {
    kind: "reset",
    at,
    from: isTurned ? to : from,
    to: isTurned ? from : to,
    isHalf: random.chance(0.4)
  }
}

const crash =
  (losesDisk: boolean): Draw =>
  (random, at, { nodes }) => ({
    kind: "crash",
    at,
    node: random.pick(nodes),
    downMs: random.whole(10, random.pick([200, 2_000, 8_000])),
    afterTasks: random.pick([0, 1, 5, 30, 200]),
    isSilent: random.chance(0.3),
    losesDisk
  })

/** The power goes, for all or for most. */
const blackout: Draw = (random, at, { nodes }) => {
  const count = random.chance(0.5) ? nodes.length : 1 + (nodes.length >> 1)
  const downMs = random.whole(10, random.pick([200, 3_000]))
  return random.some(nodes, count).map((node) => ({
    kind: "crash",
    at,
    node,
    downMs: downMs + random.whole(0, 500),
    afterTasks: random.pick([0, 3, 20]),
    isSilent: true,
    losesDisk: false
  }))
}

const restart: Draw = (random, at, { nodes }) => ({
  kind: "restart",
  at,
  node: random.pick(nodes),
  downMs: random.whole(0, random.pick([100, 4_000]))
})

const rolling: Draw = (random, at, { nodes }) => {
  const everyMs = random.whole(1_000, 5_000)
  return nodes.map((node, place) => ({
    kind: "restart",
    at: at + place * everyMs,
    node,
    downMs: random.whole(0, 1_000)
  }))
}

const pause: Draw = (random, at, { all, nodes }) => ({
  kind: "pause",
  at,
  forMs: random.whole(50, random.pick([500, 4_000, 15_000])),
  node: random.pick(random.chance(0.8) ? nodes : all)
})

const clockJump: Draw = (random, at, { all }) => ({
  kind: "clockJump",
  at,
  node: random.pick(all),
  byMs: (random.chance(0.5) ? 1 : -1) * random.whole(1, random.pick([100, 10_000, 4_000_000]))
})

const allowed = (plan: FaultPlan, nodes: number): ReadonlyArray<Draw> => [
  ...(plan.partitions === true ? [split, isolation, ...(nodes > 3 ? [ring] : [])] : []),
  ...(plan.slowness === true ? [slowLink, storm] : []),
  ...(plan.resets === true ? [reset, reset] : []),
  ...(plan.crashes === true ? [crash(false), crash(false)] : []),
  ...(plan.blackouts === true ? [blackout, blackout, blackout] : []),
  ...(plan.lostDisks === true ? [crash(true)] : []),
  ...(plan.restarts === true ? [restart, rolling] : []),
  ...(plan.pauses === true ? [pause] : []),
  ...(plan.clocks === true ? [clockJump] : [])
]

/** Faults from the plan's beginning to the end. The same seed gives the same list for the same names. */
export const drawFaults = (
  seed: number,
  plan: FaultPlan,
  names: Names,
  durationMs: number
): ReadonlyArray<Fault> => {
  const random = new Random(seed, "faults")
  const draws = allowed(plan, names.nodes.length)
  if (draws.length === 0) return []
  let weights: ReadonlyArray<number>
  let total: number
  do {
    weights = draws.map(() => (random.chance(0.6) ? random.next() : 0))
    total = weights.reduce((sum, weight) => sum + weight, 0)
  } while (total === 0)
  const everyMs = random.pick([500, 1_500, 4_000])
  const faults: Array<Fault> = []
  let drawn = 0
  const { fromMs = 0 } = plan
  for (
    let at = fromMs + random.next() * 1_000;
    at < durationMs;
    at += 2 * everyMs * random.next()
  ) {
    let place = random.next() * total
    const kind = weights.findIndex((weight) => (place -= weight) < 0)
    // A stream of its own for each draw: how many numbers one kind takes is no matter to the next.
    const own = new Random(seed, `faults/${drawn++}`)
    faults.push(...[draws[Math.max(kind, 0)]!(own, Math.round(at), names)].flat())
  }
  return faults
}
