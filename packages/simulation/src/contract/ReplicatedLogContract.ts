/**
 * The laws of a replicated log (RL1-RL14 and RL16), for any engine: a list of programs that die where a law
 * is broken.
 *
 * A test file opens the engine, and runs each law in a scope of its own:
 *
 * ```ts
 * for (const { law, name } of laws({ open }))
 *   it.effect(name, () => Effect.scoped(law))
 * ```
 *
 * An engine may have entries of its own anywhere: the laws look at commands only, and count from
 * where the log stood when it was opened.
 */
import type { Engine, Law } from "./Law.ts"
import { ofAppending } from "./laws/appending.ts"
import { ofEnds } from "./laws/ends.ts"
import { ofReading } from "./laws/reading.ts"
import { ofSnapshots } from "./laws/snapshots.ts"
import { ofTrimming } from "./laws/trimming.ts"

export type { Engine, Law, Limits, Subject } from "./Law.ts"

/**
 * @category constructors
 * @since 0.1.0
 */
export const laws = <R>(engine: Engine<R>): ReadonlyArray<Law<R>> => [
  ...ofAppending(engine),
  ...ofReading(engine),
  ...ofTrimming(engine),
  ...ofSnapshots(engine),
  ...ofEnds(engine)
]
