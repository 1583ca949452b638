import * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"
import type { Unavailable } from "../../log/ReplicatedLog.ts"

/** While another node takes the lead; or this one finds its cloud. */
const passing: ReadonlyArray<Unavailable["reason"]> = [
  "NoLeader",
  "NoQuorum",
  "Joining",
  "StorageFull"
]

/** Whether the same may work in a moment. */
export const isPassing = ({ reason }: Unavailable): boolean => passing.includes(reason)

/** Whether this node hears of nobody who writes the log. Another one may. */
export const isLeaderless = ({ reason }: Unavailable): boolean =>
  reason === "NoLeader" || reason === "NoQuorum" || reason === "Joining"

/** An election may have to be repeated; by then another node may know better. */
const patienceMaxMs = 5000

/** Never so long that the time is over before it is tried for the last time. */
const growing = (ms: number) =>
  Schedule.min([Schedule.exponential("20 millis"), Schedule.spaced(Math.min(200, ms / 20))]).pipe(
    Schedule.jittered
  )

/**
 * How often to try again what certainly did not happen. It ends well before `inTimeMs`: what a caller
 * gets within its time is the true reason, and not that nobody knows.
 */
export const patience = (timeout: Duration.Input) => {
  const ms = Duration.toMillis(timeout)
  return Schedule.upTo(growing(ms), { duration: Math.min(ms * 0.8, patienceMaxMs) })
}

/** By then a majority has elected its leader, and this node does not belong to it. */
const hopeMaxMs = 2000

/**
 * The same for what may have happened, where its caller can ask another node. It has waited for the
 * leader before, and leaves the caller the time to go there.
 */
export const hope = (timeout: Duration.Input) =>
  Schedule.upTo(growing(Duration.toMillis(timeout)), { duration: hopeMs(timeout) })

/** For so long the copy of this node may stand still before its caller is better off elsewhere. */
export const hopeMs = (timeout: Duration.Input): number =>
  Math.min(Duration.toMillis(timeout) * 0.2, hopeMaxMs)

/** Who has less left gets the answer of this node, whatever it is. */
export const elsewhereMinMs = 1000

/** Whether a caller that gives up hope here has the time to ask another node. */
export const canGoElsewhere = (timeout: Duration.Input): boolean =>
  Duration.toMillis(timeout) - hopeMs(timeout) > elsewhereMinMs

/** How often to try again what may have happened, as long as it may help. */
export const persistence = (timeout: Duration.Input) => {
  const ms = Duration.toMillis(timeout)
  return Schedule.upTo(growing(ms), { duration: ms * 0.9 })
}

/** When to say that nobody knows: before the caller's own time is over, so that it hears why. */
export const inTimeMs = (timeout: Duration.Input): number => {
  const ms = Duration.toMillis(timeout)
  return ms - Math.min(ms * 0.05, 500)
}
