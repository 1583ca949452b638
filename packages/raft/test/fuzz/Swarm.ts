/** What each run draws for itself: how often what happens, and how its nodes are set up (Groce, "Swarm testing"). */
import type { Breaks } from "../../src/internal/breaks.ts"
import { defaults, type RaftConfig } from "../../src/RaftConfig.ts"
import type { Random } from "./Random.ts"

const actions = {
  deliver: 20,
  deliverRecent: 10,
  replay: 3,
  drop: 2,
  tick: 8,
  rush: 2,
  calm: 3,
  sync: 10,
  confirm: 8,
  apply: 4,
  propose: 5,
  read: 1,
  crash: 3,
  cut: 1,
  stall: 2,
  heal: 2,
  snapshot: 1,
  report: 1,
  unreachable: 0.2,
  transfer: 0.5,
  campaign: 0.2,
  forget: 0.1,
  change: 1
}

export type Action = keyof typeof actions

export const drawWeights = (random: Random): Record<Action, number> => {
  const weights = { ...actions }
  for (const name of Object.keys(actions) as Array<Action>) {
    weights[name] *= random.pick([0.1, 0.5, 1, 1, 2, 4])
  }
  return weights
}

export const drawConfig = (random: Random, breaks: Breaks = {}): Omit<RaftConfig, "id"> => ({
  ...defaults,
  electionTicks: random.pick([3, 5, 10]),
  checkQuorum: random.chance(0.7),
  preVote: random.chance(0.5),
  stepDownOnRemoval: random.chance(0.8),
  messageMaxBytes: random.pick([1, 100, 1000]),
  inflightMax: random.pick([1, 2, 100]),
  inflightMaxBytes: random.pick([1000, 100_000]),
  uncommittedMaxBytes: random.pick([300, 100_000]),
  breaks
})
