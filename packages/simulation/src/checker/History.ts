import type { Outcome } from "./Model.ts"
import type { Operation } from "./Operation.ts"

/**
 * Thrown when a workload records what cannot be: a bug of the workload, not of the program under test.
 *
 * @category errors
 * @since 0.1.0
 */
export class HistoryMisuse extends Error {
  override readonly name = "HistoryMisuse"
}

/**
 * An operation under way. It ends once, in one of three ways, or never (which is as `lost`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Call<Output> {
  /** The answer arrived. */
  readonly returned: (output: Output) => void
  /** It surely did nothing and never will, so it leaves the history. When in doubt: `lost`. */
  readonly refused: () => void
  /** The client waits no longer and does not know what happened; it may call again. */
  readonly lost: () => void
}

interface Recorded<Input, Output> extends Operation<Input, Output> {
  returned: number
  outcome: Outcome<Output> | undefined
}

/**
 * Records what clients saw, for `Linearizability.check`.
 *
 * Real time is the order in which calls and returns are recorded, so two events never happen at once,
 * however coarse the clock of the simulation is. Each client does one operation at a time.
 *
 * @category models
 * @since 0.1.0
 */
export class History<Input, Output> {
  private readonly recorded = new Set<Recorded<Input, Output>>()
  private readonly busy = new Set<string>()
  private events = 0

  /** What was recorded so far, in the order of the calls. Calls under way have an unknown outcome. */
  get operations(): ReadonlyArray<Operation<Input, Output>> {
    return Array.from(this.recorded, (operation) => ({ ...operation }))
  }

  /** `client` begins an operation. Throws `HistoryMisuse` while another operation of it is under way. */
  call(client: string, input: Input): Call<Output> {
    if (this.busy.has(client)) {
      throw new HistoryMisuse(`client ${client} calls before its last call has ended`)
    }
    this.busy.add(client)
    const operation: Recorded<Input, Output> = {
      client,
      input,
      called: this.events++,
      returned: Infinity,
      outcome: undefined
    }
    this.recorded.add(operation)
    let ended = false
    const end = () => {
      if (ended) throw new HistoryMisuse(`a call of client ${client} ends twice`)
      ended = true
      this.busy.delete(client)
    }
    return {
      returned: (output) => {
        end()
        operation.returned = this.events++
        operation.outcome = { value: output }
      },
      refused: () => {
        end()
        this.recorded.delete(operation)
      },
      lost: end
    }
  }
}
