import { LogTime } from "@distri/store/value/LogIndex"

/** One time a minute is enough to tell hours. */
const everyMs = 60_000

/**
 * What the log's time was some while ago, by this node's monotonic clock: what is not younger than
 * that has lain still for as long.
 *
 * The log's time comes from the wall clock of whoever leads, and jumps with it. Two times of the log
 * say nothing about how long it was between them.
 */
export const make = (keepMs: number) => {
  const noted: Array<{ readonly atMs: number; readonly time: LogTime }> = []
  return {
    /** `time` has been reached by `atMs`. */
    note: (atMs: number, time: LogTime): void => {
      const last = noted.at(-1)
      if (last !== undefined && atMs - last.atMs < everyMs) return
      noted.push({ atMs, time })
      while (noted.length > 1 && noted[1]!.atMs <= atMs - keepMs) noted.shift()
    },
    /**
     * The last time before the one that had been reached by `atMs`, as far as this node was there. Not
     * that one itself: it is all that a log says for hours whose leader's clock was set back.
     */
    timeBefore: (atMs: number): LogTime | undefined => {
      const reached = noted.findLast((known) => known.atMs <= atMs)
      return reached === undefined ? undefined : LogTime.make(reached.time - 1)
    }
  }
}
