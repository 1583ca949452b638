/**
 * How fast and how roomy the cloud of one run is. Each run draws its own, so that runs differ in kind: one
 * has a quick disk and a slow network, the next small windows and many snapshots.
 */
import { defaults, type RaftConfig } from "@distri/raft/RaftConfig"
import { Random } from "../random/Random.ts"

export type NodeConfig = Omit<RaftConfig, "id" | "breaks">

export interface Profile {
  readonly tickMs: number
  /** Each tick comes up to this much later. */
  readonly tickJitterMs: number
  readonly delayMinMs: number
  readonly delayMaxMs: number
  readonly lossRatio: number
  readonly duplicateRatio: number
  /** This share of the messages takes up to `stragglerMs`: terms after they were sent. */
  readonly stragglerRatio: number
  readonly stragglerMs: number
  readonly syncMinMs: number
  readonly syncMaxMs: number
  readonly applyMaxMs: number
  /** Time from an apply until the core hears of it. */
  readonly reportMaxMs: number
  /** Time in which events pile up before the output is taken; 0 takes it after each event. */
  readonly turnMaxMs: number
  /** Says `Persisted` once for all batches of one sync, instead of for each. */
  readonly mergesBatches: boolean
  readonly snapshotEvery: number
  readonly snapshotKeep: number
  readonly snapshotMs: number
  readonly transferMinMs: number
  readonly transferMaxMs: number
  readonly transferFailRatio: number
  /** Where the founders' log begins. Above 0, a node that joins needs a snapshot. */
  readonly foundedAt: number
  readonly clients: number
  readonly thinkMaxMs: number
  readonly readRatio: number
  readonly paddingMaxBytes: number
  readonly clientTimeoutMs: number
  /** Clocks of nodes differ by up to this much, in either direction. */
  readonly clockSkewMs: number
  readonly config: NodeConfig
}

export const drawProfile = (seed: number): Profile => {
  const random = new Random(seed, "profile")
  const isCalm = random.chance(0.15)
  const delayMaxMs = random.pick([2, 10, 20, 60])
  return {
    tickMs: 100,
    tickJitterMs: random.pick([0, 5, 20]),
    delayMinMs: random.between(0.1, 1),
    delayMaxMs,
    lossRatio: isCalm ? 0 : random.pick([0, 0.005, 0.05]),
    duplicateRatio: isCalm ? 0 : random.pick([0, 0.02, 0.1]),
    stragglerRatio: isCalm ? 0 : random.pick([0, 0.01, 0.05]),
    stragglerMs: random.pick([300, 3_000, 8_000]),
    syncMinMs: random.between(0.1, 1),
    syncMaxMs: random.pick([2, 10, 50]),
    applyMaxMs: random.pick([0, 5, 50]),
    reportMaxMs: random.pick([0, 0, 30]),
    turnMaxMs: random.pick([0, 0, 2]),
    mergesBatches: random.chance(0.5),
    snapshotEvery: random.pick([10, 40, 150, 100_000]),
    snapshotKeep: random.pick([0, 5, 50]),
    snapshotMs: random.pick([1, 100]),
    transferMinMs: 5,
    transferMaxMs: random.pick([50, 1_000]),
    transferFailRatio: isCalm ? 0 : random.pick([0, 0.1, 0.5]),
    foundedAt: random.pick([1, 10]),
    clients: 2 + random.below(4),
    thinkMaxMs: random.pick([200, 800, 2_000]),
    readRatio: random.pick([0.1, 0.3, 0.5]),
    paddingMaxBytes: random.pick([0, 200]),
    clientTimeoutMs: random.pick([500, 2_000]),
    clockSkewMs: random.pick([0, 2_000]),
    config: drawConfig(random)
  }
}

/** Half of the runs have windows so small that they fill; a few go without what only helps to heal. */
const drawConfig = (random: Random): NodeConfig => {
  const config = {
    ...defaults,
    preVote: !random.chance(0.06),
    checkQuorum: !random.chance(0.06)
  }
  if (random.chance(0.5)) return config
  const messageMaxBytes = random.pick([64, 256, 1_024])
  return {
    ...config,
    messageMaxBytes,
    inflightMax: random.pick([1, 2, 8]),
    inflightMaxBytes: messageMaxBytes * random.pick([1, 4]),
    uncommittedMaxBytes: random.pick([600, 4_096])
  }
}
