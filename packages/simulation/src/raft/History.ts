/**
 * What clients asked and what they were told: the input of the judges. A retry with the same session and
 * sequence number is the same operation, from its first call to its last answer.
 */
import type { LogIndex } from "@distri/raft/LogIndex"

/**
 * `write` sets a register to `value`, `compareAndSet` does so if it holds `expected`, `read` asks for it.
 * Registers hold numbers and begin with 0.
 */
export interface Operation {
  readonly client: number
  /** One session for each client; counts 1, 2, 3, ... over its writes. 0 for reads. */
  readonly session: number
  readonly seq: number
  readonly kind: "write" | "compareAndSet" | "read"
  readonly key: number
  readonly value: number
  readonly expected: number
  /** Places in the order of all calls and answers of the run: no two are the same. */
  readonly calledAt: number
  /** Undefined: no answer yet, or never. The operation may then take effect at any time, or not at all. */
  answeredAt: number | undefined
  /** What a read found; for compareAndSet 1 if it set the register and 0 if not; for a write 1. */
  result: number | undefined
  /** Where the write stands in the log, or the index at which a read was served. */
  index: LogIndex | undefined
}

/** Records operations. Calls and answers are numbered, so real time never has two of them at once. */
export class History {
  readonly operations: Array<Operation> = []
  acknowledged: LogIndex = 0
  private moments = 0

  call(operation: Omit<Operation, "calledAt" | "answeredAt" | "result" | "index">): Operation {
    const { client, session, seq, kind, key, value, expected } = operation
    const called: Operation = {
      client,
      session,
      seq,
      kind,
      key,
      value,
      expected,
      calledAt: this.moments++,
      answeredAt: undefined,
      result: undefined,
      index: undefined
    }
    this.operations.push(called)
    return called
  }

  answer(operation: Operation, result: number, index: LogIndex): void {
    operation.answeredAt = this.moments++
    operation.result = result
    operation.index = index
    if (operation.kind !== "read") this.acknowledged = Math.max(this.acknowledged, index)
  }
}
