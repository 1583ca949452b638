/** What a run is asked for and what it tells. */
import type { RaftConfig } from "@distri/raft/RaftConfig"
import type { Breaks } from "./Breaks.ts"
import type { Fault } from "./Fault.ts"
import type { Invariant } from "./Invariant.ts"

export interface RunOptions {
  readonly seed: number
  /** Founding voters. */
  readonly nodes: 1 | 3 | 5 | 7
  /** Simulated time with faults. Default 60,000. The healing after it comes on top. */
  readonly durationMs?: number
  /** Default: a swarm drawn from the seed. Names are "n1", "n2", ...; spare machines follow the founders. */
  readonly faults?: ReadonlyArray<Fault>
  readonly breaks?: Breaks
  /** Over the defaults of raft, and over what the seed draws of them. */
  readonly config?: Partial<Omit<RaftConfig, "id" | "breaks">>
  /** Default: all. */
  readonly invariants?: ReadonlyArray<Invariant>
  /** The kind of runs that these options were drawn from. It does nothing but say how to draw them again. */
  readonly schedule?: "swarm" | "duels" | "isolations"
  /** Stops a run that does not end by itself. Default 10,000,000. */
  readonly eventsMax?: number
  /** Clients that write and read, one operation at a time each. Default: drawn from the seed. */
  readonly clients?: number
}

export interface Broken {
  /** "RA4" */
  readonly rule: string
  readonly detail: string
  readonly atMs: number
}

export interface RunStats {
  readonly elections: number
  readonly commits: number
  readonly acknowledged: number
  readonly reads: number
  readonly refused: number
  readonly snapshots: number
  readonly installs: number
  readonly crashes: number
  readonly disksLost: number
  readonly confChanges: number
  /** 1 when the end was judged by RA18. */
  readonly healed: number
  /** 1 when a majority had to go on without the others, with all else well. */
  readonly minoritiesCut: number
  /** How often ten election timeouts were not enough, because votes were split. */
  readonly lateElections: number
  /** 1 when a majority of the voters lost their disks, so that nothing could be asked of the end. */
  readonly quorumLost: number
  readonly messages: number
  readonly dropped: number
}

export interface Report {
  readonly seed: number
  readonly nodes: number
  /** Over all events, in order. Two runs with the same hash are taken for the same run. */
  readonly hash: string
  readonly events: number
  readonly simulatedMs: number
  readonly broken: Broken | undefined
  /** The last 50 events as lines. Empty when nothing is broken. */
  readonly lastEvents: ReadonlyArray<string>
  readonly faults: ReadonlyArray<Fault>
  readonly clients: number
  readonly stats: RunStats
}
