/**
 * Draws the faults of a run: a random subset of the kinds with random weights, so that runs differ in kind
 * (Groce et al., "Swarm testing", 2012). A network that only delays finds other bugs than one on which
 * everything goes wrong at once.
 */
import { Random } from "../random/Random.ts"
import type { CrashPoint, Fault } from "./Fault.ts"

type Draw = (random: Random, at: number, names: Names) => Fault | ReadonlyArray<Fault>

interface Names {
  readonly all: ReadonlyArray<string>
  readonly founders: ReadonlyArray<string>
}

/** Mostly a founder: a spare machine is often not even running. */
const someone = (random: Random, { all, founders }: Names): string =>
  random.pick(random.chance(0.7) ? founders : all)

const crashPoints: ReadonlyArray<CrashPoint> = [
  "now",
  "now",
  "beforeWrite",
  "beforeSync",
  "beforeSync",
  "afterSync",
  "betweenSends",
  "beforeAnswer"
]

const partition: Draw = (random, at, { all }) => ({
  kind: "partition",
  at,
  forMs: random.whole(300, 8_000),
  shape: random.pick(["split", "split", "oneWay"] as const),
  nodes: random.some(all, 1 + random.below(all.length - 1))
})

const isolation: Draw = (random, at, { founders }) => ({
  kind: "partition",
  at,
  forMs: random.whole(300, 8_000),
  shape: random.pick(["split", "oneWay"] as const),
  nodes: [random.pick(founders)]
})

const ring: Draw = (random, at, { all }) => ({
  kind: "partition",
  at,
  forMs: random.whole(300, 5_000),
  shape: "ring",
  nodes: random.some(all, all.length)
})

const storm: Draw = (random, at) => ({
  kind: "storm",
  at,
  forMs: random.whole(200, 5_000),
  lossRatio: random.pick([0, 0.1, 0.4, 0.8]),
  duplicateRatio: random.pick([0, 0.3]),
  extraMs: random.pick([0, 100, 1_500])
})

const slowLink: Draw = (random, at, { all }) => {
  const [from, to] = random.some(all, 2)
  return {
    kind: "slowLink",
    at,
    forMs: random.whole(1_000, 10_000),
    from: from!,
    to: to!,
    extraMs: random.whole(100, 2_500)
  }
}

const crash =
  (losesDisk: boolean): Draw =>
  (random, at, names) => ({
    kind: "crash",
    at,
    node: someone(random, names),
    point: random.pick(crashPoints),
    downMs: random.whole(10, random.pick([100, 1_000, 6_000])),
    keepRatio: random.pick([0, 0, 0.3, 0.6, 1]),
    isTorn: random.chance(0.5),
    losesDisk
  })

/** The power goes, for all or for most: what is left is what was synced. */
const blackout: Draw = (random, at, { all }) => {
  const count = random.chance(0.5) ? all.length : 1 + (all.length >> 1)
  return random.some(all, count).map((node) => ({
    kind: "crash",
    at,
    node,
    point: "now",
    downMs: random.whole(10, 3_000),
    keepRatio: random.pick([0, 0, 0.5]),
    isTorn: random.chance(0.5),
    losesDisk: false
  }))
}

const pause: Draw = (random, at, names) => ({
  kind: "pause",
  at,
  forMs: random.whole(50, random.pick([500, 4_000])),
  node: someone(random, names)
})

const slowDisk: Draw = (random, at, names) => ({
  kind: "slowDisk",
  at,
  forMs: random.whole(500, 8_000),
  node: someone(random, names),
  syncMs: random.pick([30, 300, 2_500])
})

const slowApply: Draw = (random, at, names) => ({
  kind: "slowApply",
  at,
  forMs: random.whole(500, 8_000),
  node: someone(random, names),
  applyMs: random.pick([100, 1_000, 4_000])
})

const nudge =
  (kind: "transfer" | "campaign" | "forgetLeader" | "unreachable"): Draw =>
  (random, at, names) => ({
    kind,
    at,
    node: someone(random, names),
    peer: someone(random, names)
  })

const snapshot: Draw = (random, at, names) => ({
  kind: "snapshot",
  at,
  node: someone(random, names),
  keep: random.pick([0, 0, 3, 30])
})

const flood: Draw = (random, at) => ({ kind: "flood", at, entries: random.pick([3, 20, 60]) })

const membership: Draw = (random, at, { all }) => ({
  kind: random.pick([
    "add",
    "promote",
    "promote",
    "demote",
    "remove",
    "replace",
    "replace",
    "jointReplace",
    "jointDemote"
  ] as const),
  at,
  node: random.pick(all),
  peer: random.pick(all)
})

const draws: ReadonlyArray<Draw> = [
  partition,
  isolation,
  ring,
  storm,
  slowLink,
  crash(false),
  crash(false),
  crash(true),
  blackout,
  pause,
  slowDisk,
  slowApply,
  nudge("transfer"),
  nudge("campaign"),
  nudge("forgetLeader"),
  nudge("unreachable"),
  snapshot,
  flood,
  membership,
  membership
]

/** `all` are the names of founders and spares; faults lie before `durationMs`. */
export const drawFaults = (
  seed: number,
  names: Names,
  durationMs: number
): ReadonlyArray<Fault> => {
  const random = new Random(seed, "faults")
  const weights = draws.map(() => (random.chance(0.5) ? random.next() : 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const everyMs = random.pick([150, 400, 1_000, 2_500])
  const faults: Array<Fault> = []
  if (total === 0) return faults
  let drawn = 0
  for (let at = random.next() * 1_000; at < durationMs; at += 2 * everyMs * random.next()) {
    let place = random.next() * total
    const kind = weights.findIndex((weight) => (place -= weight) < 0)
    // A stream of its own for each draw: how many numbers one kind takes is no matter to the next.
    const own = new Random(seed, `faults/${drawn++}`)
    faults.push(...[draws[Math.max(kind, 0)]!(own, Math.round(at), names)].flat())
  }
  return faults
}
