/**
 * What goes wrong, and when. A run has an explicit list of faults: all numbers of a fault are drawn before
 * the run, so taking one out of the list leaves the others as they were (SIM6).
 */
import type { PartitionShape } from "../fault/isCut.ts"

/** Where a process dies: at once, or the next time it passes this point (at the latest after a second). */
export type CrashPoint =
  | "now"
  /** A batch was taken from the core, nothing of it is written. */
  | "beforeWrite"
  /** Written, not synced. */
  | "beforeSync"
  /** Synced, and nothing that waited for it is sent. */
  | "afterSync"
  /** Some messages of an output are sent, the others are not. */
  | "betweenSends"
  /** Applied, and the client is not answered. */
  | "beforeAnswer"

interface At {
  /** Simulated milliseconds since the start. */
  readonly at: number
}

interface Lasting extends At {
  readonly forMs: number
}

export interface Partition extends Lasting {
  readonly kind: "partition"
  readonly shape: PartitionShape
  /** Names. One node alone on its side is the partition of one node from all. */
  readonly nodes: ReadonlyArray<string>
}

/** A bad time of the whole network: more loss, more repeats, more delay, more reordering. */
export interface Storm extends Lasting {
  readonly kind: "storm"
  readonly lossRatio: number
  readonly duplicateRatio: number
  /** Each message takes up to this much longer: more than the time between messages reorders them. */
  readonly extraMs: number
}

export interface SlowLink extends Lasting {
  readonly kind: "slowLink"
  readonly from: string
  readonly to: string
  readonly extraMs: number
}

export interface Crash extends At {
  readonly kind: "crash"
  /** If it is down already, the next one that runs. */
  readonly node: string
  readonly point: CrashPoint
  /** The node starts again after this time. */
  readonly downMs: number
  /** The share of unsynced batches that survives, in [0, 1]: always the first ones. */
  readonly keepRatio: number
  /** The next batch is on the disk in part. */
  readonly isTorn: boolean
  /** The disk is gone; the node comes back empty, under another id, and has to be added again. */
  readonly losesDisk: boolean
}

export interface Pause extends Lasting {
  readonly kind: "pause"
  readonly node: string
}

export interface SlowDisk extends Lasting {
  readonly kind: "slowDisk"
  readonly node: string
  readonly syncMs: number
}

export interface SlowApply extends Lasting {
  readonly kind: "slowApply"
  readonly node: string
  readonly applyMs: number
}

/** One event given to one node: a leadership transfer is asked of `node`, whether it leads or not. */
export interface Nudge extends At {
  readonly kind: "transfer" | "campaign" | "forgetLeader" | "unreachable"
  readonly node: string
  /** To whom the leadership shall go; who is unreachable. */
  readonly peer: string
}

export interface TakeSnapshot extends At {
  readonly kind: "snapshot"
  readonly node: string
  /** Entries before the snapshot that are kept in the log. */
  readonly keep: number
}

/** Every node that leads by its own account is asked for so many entries at once, a deposed one too. */
export interface Flood extends At {
  readonly kind: "flood"
  readonly entries: number
}

/**
 * A wish of the operator, carried out in several changes. `replace` is `remove` of `node` and `add` of
 * `peer`; `jointReplace` does it at once, and `jointDemote` keeps `node` as a learner.
 */
export interface Membership extends At {
  readonly kind:
    | "add"
    | "promote"
    | "demote"
    | "remove"
    | "replace"
    | "jointReplace"
    | "jointDemote"
  readonly node: string
  readonly peer: string
}

export type Fault =
  | Partition
  | Storm
  | SlowLink
  | Crash
  | Pause
  | SlowDisk
  | SlowApply
  | Nudge
  | TakeSnapshot
  | Flood
  | Membership
