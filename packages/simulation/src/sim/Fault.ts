/**
 * What goes wrong, and when: data, so that a list can be printed, read back, and made smaller. All numbers
 * of a fault are in it, so taking one out leaves the others as they were (SIM6).
 */
import * as Schema from "effect/Schema"

const ms = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const name = Schema.String

/** Simulated milliseconds since the start. */
const at = { at: ms }
const lasting = { ...at, forMs: ms }

/**
 * Cuts ways between machines, nodes and clients alike. A connection over a cut way stays open until somebody
 * gives up; what was sent arrives when the cut ends.
 *
 * - `split`: `nodes` on one side, all others on the other.
 * - `oneWay`: what `nodes` send to others does not arrive; what others send to them does.
 * - `ring`: each of `nodes` reaches only the one before and the one after it in that list.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Partition = Schema.Struct({
  kind: Schema.Literal("partition"),
  ...lasting,
  shape: Schema.Literals(["split", "oneWay", "ring"]),
  nodes: Schema.NonEmptyArray(name)
})
/** @category models */
export type Partition = typeof Partition.Type

/**
 * One direction is slow: each packet takes up to `extraMs` longer, and `bytesPerSecond` fit through.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SlowLink = Schema.Struct({
  kind: Schema.Literal("slowLink"),
  ...lasting,
  from: name,
  to: name,
  extraMs: ms,
  bytesPerSecond: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0)))
})
/** @category models */
export type SlowLink = typeof SlowLink.Type

/** Every way is slow. @category schemas @since 0.1.0 */
export const Storm = Schema.Struct({ kind: Schema.Literal("storm"), ...lasting, extraMs: ms })
/** @category models */
export type Storm = typeof Storm.Type

/**
 * All connections between two machines break, with what was under way cut at any byte. `isHalf`: only `from`
 * knows; `to` learns it when it sends, or never.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reset = Schema.Struct({
  kind: Schema.Literal("reset"),
  ...at,
  from: name,
  to: name,
  isHalf: Schema.Boolean
})
/** @category models */
export type Reset = typeof Reset.Type

/**
 * The process dies without a word, `afterTasks` of its tasks after `at`, and starts again `downMs` later.
 *
 * - `isSilent`: the machine is lost with it: its connections hang, instead of being closed.
 * - `losesDisk`: it comes back with an empty one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Crash = Schema.Struct({
  kind: Schema.Literal("crash"),
  ...at,
  node: name,
  downMs: ms,
  afterTasks: Schema.Natural,
  isSilent: Schema.Boolean,
  losesDisk: Schema.Boolean
})
/** @category models */
export type Crash = typeof Crash.Type

/** A polite end, as by SIGTERM, and a new start `downMs` later. @category schemas @since 0.1.0 */
export const Restart = Schema.Struct({
  kind: Schema.Literal("restart"),
  ...at,
  node: name,
  downMs: ms
})
/** @category models */
export type Restart = typeof Restart.Type

/** The process stands still. @category schemas @since 0.1.0 */
export const Pause = Schema.Struct({ kind: Schema.Literal("pause"), ...lasting, node: name })
/** @category models */
export type Pause = typeof Pause.Type

/** The wall clock of a machine jumps, for good. @category schemas @since 0.1.0 */
export const ClockJump = Schema.Struct({
  kind: Schema.Literal("clockJump"),
  ...at,
  node: name,
  byMs: Schema.Finite
})
/** @category models */
export type ClockJump = typeof ClockJump.Type

/** @category schemas @since 0.1.0 */
export const Fault = Schema.Union([
  Partition,
  SlowLink,
  Storm,
  Reset,
  Crash,
  Restart,
  Pause,
  ClockJump
])
/** @category models */
export type Fault = typeof Fault.Type

/** The machines that a fault names. */
export const machinesOf = (fault: Fault): ReadonlyArray<string> => {
  switch (fault.kind) {
    case "partition":
      return fault.nodes
    case "slowLink":
    case "reset":
      return [fault.from, fault.to]
    case "storm":
      return []
    default:
      return [fault.node]
  }
}
