/** Tells how far a search has come, every few seconds and in the end. */

export const print = (line: string): void => void process.stdout.write(`${line}\n`)

export interface Part {
  readonly ran: number
  readonly simulatedMs: number
  readonly events: number
}

export const realNowMs = (): number => Number(process.hrtime.bigint()) / 1e6

const everyMs = 5_000

export const progress = (total: number) => {
  const startedMs = realNowMs()
  let ran = 0
  let simulatedMs = 0
  let events = 0
  let told = 0
  return (part: Part, isLast: boolean): void => {
    ran += part.ran
    simulatedMs += part.simulatedMs
    events += part.events
    const ms = realNowMs() - startedMs
    if (!isLast && ms - told < everyMs) return
    told = ms
    const hours = (simulatedMs / 3_600_000).toFixed(1)
    // As many simulated hours an hour.
    const speed = Math.round(simulatedMs / ms)
    print(
      `${ran} of ${total} seeds, ${hours} simulated hours, ${speed} simulated seconds a second, ` +
        `${Math.round(events / ms)},000 events a second`
    )
  }
}
