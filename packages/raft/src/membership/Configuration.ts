import type { IncarnationId } from "../IncarnationId.ts"

/**
 * Who votes and who only listens. All lists are sorted by code unit and hold no id twice.
 *
 * While `votersOutgoing` is not empty the configuration is joint (Raft §6): decisions need a majority of
 * both lists of voters. `learnersNext` are outgoing voters that become learners when it is left, and
 * `autoLeave` says that the leader leaves it by itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface Configuration {
  readonly voters: ReadonlyArray<IncarnationId>
  readonly votersOutgoing: ReadonlyArray<IncarnationId>
  readonly learners: ReadonlyArray<IncarnationId>
  readonly learnersNext: ReadonlyArray<IncarnationId>
  readonly autoLeave: boolean
}
