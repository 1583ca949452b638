import type { IncarnationId } from "../IncarnationId.ts"

/** One step of a change. `Remove` takes away a voter or a learner. */
export interface ConfChangeStep {
  readonly kind: "AddVoter" | "AddLearner" | "Remove"
  readonly node: IncarnationId
}

/**
 * A change of membership. One that touches at most one voter is made in a single step; others go through
 * a joint configuration. No changes at all means: leave the joint configuration.
 *
 * - `Auto`: single step where that suffices, else a joint configuration that the leader leaves by itself.
 * - `JointImplicit`: always joint, left by itself.  `JointExplicit`: always joint, left by an empty change.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConfChange {
  readonly transition: "Auto" | "JointImplicit" | "JointExplicit"
  readonly changes: ReadonlyArray<ConfChangeStep>
}
