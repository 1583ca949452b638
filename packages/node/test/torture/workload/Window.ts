/**
 * A stretch of the workload, on documents of its own.
 *
 * No document outlives its window, so histories stay short enough to be judged, and the database small.
 * A window is closed when the next one is opened and the last operation in it has ended.
 */
import { History } from "../../../../simulation/src/checker/index.ts"
import type { Input, Output, Recorded } from "./model.ts"

export const documents = { register: 16, counter: 4, tokens: 8 } as const

export class Window {
  readonly number: number
  private readonly history = new History<Input, Output>()
  private underWay = 0
  private isOver = false
  private onClosed = () => {}
  /** Ends when all operations in it have. */
  readonly closed: Promise<void>
  /** What was refused, and so is in no history. */
  readonly refusals: Array<{ readonly input: Input; readonly why: string }> = []
  /** Calls in it so far. */
  calls = 0

  constructor(number: number) {
    this.number = number
    this.closed = new Promise((resolve) => (this.onClosed = resolve))
  }

  key(on: Input["on"], at: number): string {
    return `w${this.number}-${on}-${at}`
  }

  keys(on: Input["on"]): ReadonlyArray<string> {
    return Array.from({ length: documents[on] }, (_, at) => this.key(on, at))
  }

  /** Calls of those who come to an end afterwards, `ended` included, keep the window open. */
  call(client: string, input: Input) {
    this.calls += 1
    return this.history.call(client, input)
  }

  /** A client is busy in it, until what is returned is called. */
  enter(): () => void {
    this.underWay += 1
    return () => {
      this.underWay -= 1
      if (this.isOver && this.underWay === 0) this.onClosed()
    }
  }

  /** Nobody enters any more. */
  end(): void {
    this.isOver = true
    if (this.underWay === 0) this.onClosed()
  }

  get operations(): ReadonlyArray<Recorded> {
    return this.history.operations
  }
}
