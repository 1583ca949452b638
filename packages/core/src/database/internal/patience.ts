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

/** An election may have to be repeated; by then another node may know better. */
const patienceMaxMs = 5000

/** What a caller gets within its time is the true reason, and not that its time is over. */
const withinMs = (timeout: Duration.Input) => Duration.toMillis(timeout) * 0.9

const growing = Schedule.min([
  Schedule.exponential("20 millis"),
  Schedule.spaced("200 millis")
]).pipe(Schedule.jittered)

/** How often to try again what certainly did not happen. */
export const patience = (timeout: Duration.Input) =>
  Schedule.upTo(growing, { duration: Math.min(withinMs(timeout), patienceMaxMs) })

/** How often to try again what may have happened: nobody but this node can find out. */
export const persistence = (timeout: Duration.Input) =>
  Schedule.upTo(growing, { duration: withinMs(timeout) })

/** When to say that nobody knows: before the caller's own time is over, so that it hears why. */
export const inTimeMs = (timeout: Duration.Input): number => {
  const ms = Duration.toMillis(timeout)
  return ms - Math.min(ms * 0.05, 500)
}
