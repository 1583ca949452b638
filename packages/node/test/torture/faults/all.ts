/** All faults there are, and those that this machine cannot have. */
import * as WallClock from "../WallClock.ts"
import type { Fault } from "./Fault.ts"
import { clockStep, fullDisk } from "./machines.ts"
import { memberFaults } from "./members.ts"
import { networkFaults } from "./network.ts"
import { processFaults } from "./processes.ts"

export interface Chosen {
  readonly faults: ReadonlyArray<Fault>
  /** Kinds that do not happen, each with the reason. */
  readonly skipped: ReadonlyArray<readonly [kind: string, reason: string]>
}

/** `noVolumes`: why nodes have no disks that can be filled. `only`: kinds, or beginnings of kinds. */
export const choose = (
  hasDisk: boolean,
  noVolumes: string | undefined,
  only: ReadonlyArray<string> | undefined
): Chosen => {
  const inMemory = "nodes that keep all in memory would lose it"
  const reasons = new Map<string, string | undefined>([
    [fullDisk.kind, hasDisk ? noVolumes : "nodes have no disks"],
    [clockStep.kind, WallClock.unavailable],
    ...["kill a majority", "kill all", "lose a disk"].map(
      (kind) => [kind, hasDisk ? undefined : inMemory] as const
    )
  ])
  const faults = [
    ...processFaults(hasDisk),
    ...networkFaults,
    ...memberFaults(hasDisk),
    fullDisk,
    clockStep
  ].filter(
    ({ kind }) =>
      reasons.get(kind) === undefined &&
      (only === undefined || only.some((begin) => kind.startsWith(begin)))
  )
  const skipped = [...reasons].flatMap(([kind, reason]) =>
    reason === undefined ? [] : [[kind, reason] as const]
  )
  return { faults, skipped }
}
