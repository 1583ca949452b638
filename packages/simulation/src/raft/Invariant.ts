/**
 * What a rule sees of a simulated cloud, and how it says that it is broken.
 *
 * A check is made once for a run, keeps what it needs in its own closure, and is called after every event
 * whose tag it names in `on`. All it is given is live state, read it at once: hold on to numbers, ids,
 * entries and messages (they never change), not to views.
 */
import type { Entry } from "@distri/raft/Entry"
import type { Event } from "@distri/raft/Event"
import type { HardState } from "@distri/raft/HardState"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Message } from "@distri/raft/Message"
import type { Batch, Output } from "@distri/raft/Output"
import type { RaftConfig } from "@distri/raft/RaftConfig"
import type { RaftView } from "@distri/raft/RaftView"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import type { Fault } from "./Fault.ts"
import type { Operation } from "./History.ts"

/** What a crash at this moment would surely leave: all that is synced, and nothing else. */
export interface DiskImage {
  readonly hardState: HardState
  /** Stands for the log up to its index. At the start: the founding snapshot of the cloud. */
  readonly snapshot: SnapshotMeta
  /** The first entry still there; the last one, or the index of the snapshot where there is none. */
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly entry: (index: LogIndex) => Entry | undefined
  /** Of an entry that is there, or of the snapshot. */
  readonly term: (index: LogIndex) => Term | undefined
}

/** The replicated state machine of one node. */
export interface MachineView {
  readonly applied: LogIndex
  /** Rolling digest of all that was applied: the same at the same index on every node (RA5). */
  readonly digest: number
  /** Known from where this life of the process began, or its last snapshot was installed. */
  readonly digestAt: (index: LogIndex) => number | undefined
  /** The last command of a session that took effect, and how many did. */
  readonly session: (id: number) => { readonly seq: number; readonly effects: number } | undefined
}

/** A machine with its present disk. After a lost disk it goes on under the same name and another id. */
export interface SimNode {
  readonly name: string
  /** 0, 1, 2, ... in the order of `World.nodes`. */
  readonly number: number
  readonly id: IncarnationId
  /** Undefined while the process is down. */
  readonly raft: RaftView | undefined
  readonly disk: DiskImage
  readonly machine: MachineView
  readonly limits: RaftConfig
  /** All of the state of the core, in its canonical form. */
  readonly encoded: () => Uint8Array | undefined
}

export interface World {
  readonly nowMs: number
  /** All machines, up or down, spare ones too. */
  readonly nodes: ReadonlyArray<SimNode>
  /** Whose id this is at present; undefined for an id whose disk is lost. */
  readonly node: (id: IncarnationId) => SimNode | undefined
  readonly history: {
    readonly operations: ReadonlyArray<Operation>
    /** The highest index of a write that was acknowledged to its client. */
    readonly acknowledged: LogIndex
  }
  /** False from the moment on at which all faults stopped. */
  readonly isFaulty: boolean
}

/**
 * What just happened.
 *
 * - `Stepped`: the node took an event. `Took`: its output was taken, nothing of it is carried out yet.
 * - `Sent`: the message leaves the process, now.
 * - `Synced`: `batch` is in `node.disk` from now on; messages of `afterPersist` follow.
 * - `Applied`: one entry went into the machine; `tookEffect` is false for all but first copies of commands.
 * - `SnapshotStored`: an own snapshot is on the disk. `SnapshotInstalled`: the machine now stands at a received one.
 * - `DiskLost`: what `id` held is gone for ever; `node` has its next id already.
 * - `ReadIndexed`: a read of a client got its index; `acknowledged` was true when the node was asked.
 * - `Healed`: all faults are over. `Ended`: the run is, look at the final state.
 */
export type WorldEvent =
  | { readonly _tag: "Stepped"; readonly node: SimNode; readonly event: Event }
  | { readonly _tag: "Took"; readonly node: SimNode; readonly output: Output }
  | { readonly _tag: "Sent"; readonly node: SimNode; readonly message: Message }
  | { readonly _tag: "Synced"; readonly node: SimNode; readonly batch: Batch }
  | {
      readonly _tag: "Applied"
      readonly node: SimNode
      readonly entry: Entry
      readonly tookEffect: boolean
    }
  | { readonly _tag: "SnapshotStored"; readonly node: SimNode; readonly snapshot: SnapshotMeta }
  | { readonly _tag: "SnapshotInstalled"; readonly node: SimNode; readonly snapshot: SnapshotMeta }
  | { readonly _tag: "Crashed"; readonly node: SimNode }
  | { readonly _tag: "Started"; readonly node: SimNode }
  | {
      readonly _tag: "DiskLost"
      readonly node: SimNode
      readonly id: IncarnationId
      readonly disk: DiskImage
    }
  | {
      readonly _tag: "ReadIndexed"
      readonly node: SimNode
      readonly index: LogIndex
      readonly acknowledged: LogIndex
    }
  | { readonly _tag: "Called"; readonly operation: Operation }
  | { readonly _tag: "Answered"; readonly operation: Operation }
  | { readonly _tag: "FaultBegan"; readonly fault: Fault }
  | { readonly _tag: "Healed" }
  | { readonly _tag: "Ended" }

/** A sentence when the rule is broken. Costs O(1), at most O(nodes), for each event. */
export type Check = (world: World, event: WorldEvent) => string | undefined

export interface Invariant {
  /** "RA1" */
  readonly rule: string
  /** The name of the rule: "ElectionSafety". */
  readonly title: string
  /** The events that can break it. The fewer, the faster the run. */
  readonly on: ReadonlyArray<WorldEvent["_tag"]>
  readonly make: () => Check
}
