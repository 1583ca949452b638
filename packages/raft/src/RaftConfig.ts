import type { IncarnationId } from "./IncarnationId.ts"
import type { Breaks } from "./internal/breaks.ts"
import { invariant } from "./invariant.ts"

/**
 * How one node behaves. All nodes of a cloud should agree on the ticks.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface RaftConfig {
  readonly id: IncarnationId
  /** Ticks between heartbeats. Default 1. More means less traffic and slower resumption of paused followers. */
  readonly heartbeatTicks: number
  /**
   * A follower that hears nothing campaigns after a random number of ticks in [electionTicks,
   * 2 electionTicks). Default 10. Less means quicker failover, and elections when a node only pauses.
   */
  readonly electionTicks: number
  /** A leader that does not hear from a quorum for `electionTicks` steps down. Default true. */
  readonly checkQuorum: boolean
  /** Ask whether an election could be won before the term is raised (Ongaro §9.6). Default true. */
  readonly preVote: boolean
  /** A leader that is removed, or made a learner, steps down when that is applied. Default true. */
  readonly stepDownOnRemoval: boolean
  /** Bytes of entries in one App, at least one entry. Default 256 KiB. */
  readonly messageMaxBytes: number
  /** App messages under way to one follower. Default 256. */
  readonly inflightMax: number
  /** Bytes of entries under way to one follower. Default 4 MiB; above `messageMaxBytes`. */
  readonly inflightMaxBytes: number
  /** Bytes that are proposed and not applied at the leader. Default 16 MiB; then `Overloaded`. */
  readonly uncommittedMaxBytes: number
  /**
   * Reads that wait for a quorum at a leader, those of followers among them. Default 10,000; then `Overloaded`,
   * and a follower's is dropped. They wait for a round of heartbeats, or until the leader steps down.
   */
  readonly readsMax: number
  /** Bytes of data of one entry. Default 1 MiB. A longer one is a bug of the shell. */
  readonly entryMaxBytes: number
  /**
   * Hands out commits before the own disk has them, as the traces of etcd-io/raft in its synchronous mode
   * expect. Default false. Not safe to use in a cloud.
   */
  readonly commitBeforePersist: boolean
  /** @internal Rules that a test of the simulator breaks on purpose. */
  readonly breaks?: Breaks
}

/**
 * The defaults of all fields but the id.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Omit<RaftConfig, "id"> = {
  heartbeatTicks: 1,
  electionTicks: 10,
  checkQuorum: true,
  preVote: true,
  stepDownOnRemoval: true,
  messageMaxBytes: 256 * 1024,
  inflightMax: 256,
  inflightMaxBytes: 4 * 1024 * 1024,
  uncommittedMaxBytes: 16 * 1024 * 1024,
  readsMax: 10_000,
  entryMaxBytes: 1024 * 1024,
  commitBeforePersist: false
}

/** The shell checks what users give; what arrives here and does not fit is a bug of the shell. */
export const checkConfig = (config: RaftConfig): void => {
  invariant(config.id !== "", "RA15: a node has an id")
  invariant(config.heartbeatTicks >= 1, "RA15: a heartbeat takes at least one tick")
  invariant(
    config.electionTicks > config.heartbeatTicks,
    "RA15: an election timeout is longer than a heartbeat"
  )
  invariant(config.inflightMax >= 1, "RA15: at least one message may be under way")
  invariant(
    config.inflightMaxBytes >= config.messageMaxBytes,
    "RA15: the window holds at least one message"
  )
}
