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

/** An election may have to be repeated; who waits for longer waits for a person. */
const patienceMaxMs = 8000

/**
 * How often to try again within `timeout`: a caller gets the true reason before its time is over.
 */
export const patience = (timeout: Duration.Input) =>
  Schedule.min([Schedule.exponential("20 millis"), Schedule.spaced("200 millis")]).pipe(
    Schedule.jittered,
    Schedule.upTo({ duration: Math.min(Duration.toMillis(timeout) * 0.9, patienceMaxMs) })
  )
