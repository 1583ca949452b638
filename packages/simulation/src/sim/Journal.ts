/** The last things that happened in a run, as lines for a reader, and the errors that its programs logged. */
import * as Cause from "effect/Cause"
import * as Logger from "effect/Logger"
import type { SimKernel } from "../kernel/SimKernel.ts"

const kept = 50

export class Journal {
  /** What was logged as an error or worse. */
  readonly errors: Array<string> = []
  private readonly kernel: SimKernel
  private readonly ring: Array<string> = []
  private count = 0

  constructor(kernel: SimKernel) {
    this.kernel = kernel
  }

  /** Oldest first. */
  get last(): ReadonlyArray<string> {
    const first = Math.max(0, this.count - kept)
    return Array.from({ length: this.count - first }, (_, at) => this.ring[(first + at) % kept]!)
  }

  add(who: string, what: string): void {
    this.kernel.hash.mixText(what)
    this.note(who, what)
  }

  /** Of what one process logs. Not part of the hash: a trace in it says where files are. */
  logger(who: string): Logger.Logger<unknown, void> {
    return Logger.make(({ logLevel, message, cause }) => {
      const words = Array.isArray(message) ? message : [message]
      const trace = cause.reasons.length === 0 ? "" : `\n${Cause.pretty(cause)}`
      const text = `${logLevel}: ${words.map(textOf).join(" ")}${trace}`
      if (logLevel === "Error" || logLevel === "Fatal") this.errors.push(`${who} logs ${text}`)
      this.note(who, `logs ${text}`)
    })
  }

  private note(who: string, what: string): void {
    const time = this.kernel.nowMs.toFixed(3).padStart(10)
    this.ring[this.count++ % kept] = `${time}  ${who.padEnd(5)} ${what}`
  }
}

/** Short, and for anything: a journal does not fail. */
export const textOf = (value: unknown): string => {
  if (typeof value === "string") return value
  if (value instanceof Error && value.message !== "") return `${value.name}: ${value.message}`
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
