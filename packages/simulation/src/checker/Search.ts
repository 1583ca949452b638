/**
 * Looks for an order of the operations of one partition that keeps real time and that the model explains.
 *
 * Wing and Gong: go through calls and returns in time order. Place the first called operation that the
 * model allows in this state, and begin again at the front of what is left. Coming to a return whose
 * operation is not placed, this beginning cannot be right: take the last placed operation back, and try
 * the call after it. `Visited` cuts off what was reached before (Lowe, "Testing for linearizability").
 *
 * Two shortcuts, both without loss. What only reads, and may come next, comes next: every other order is
 * as good with it moved here. An operation that never returned may be left out, and is placed as late as
 * can be: only where the next one would come to another end before it, or without it.
 */
import { impossible, type Model } from "./Model.ts"
import type { Operation } from "./Operation.ts"
import { Timeline } from "./Timeline.ts"
import { Visited } from "./Visited.ts"

export type Verdict = "linearizable" | "not linearizable" | "unknown"

/** Nobody learned what came of it, so it may never have happened. */
export const isOptional = (operation: Operation<unknown, unknown>): boolean =>
  operation.returned === Infinity && operation.outcome === undefined

export class Search<State, Input, Output> {
  /** Questions to the model so far. */
  steps = 0
  state: State
  /** The operation the model is asked about, or was asked last. */
  current: Operation<Input, Output> | undefined = undefined
  /** Indexes of operations: an order that explains as many that returned as any order that was tried. */
  readonly longest: Array<number> = []

  private readonly model: Model<State, Input, Output>
  private readonly operations: ReadonlyArray<Operation<Input, Output>>
  private readonly timeline: Timeline
  private readonly visited: Visited
  private readonly bits: Int32Array
  private readonly optional: Uint8Array
  private readonly onlyReads: Uint8Array
  private stateId: number
  /** Operations that have to be placed and are not. */
  private left: number
  private leftOfLongest: number

  /** What is placed, in order; and the states before each. */
  private readonly order: Array<number> = []
  private readonly statesBefore: Array<State> = []
  private readonly stateIdsBefore: Array<number> = []
  /** How many of `longest` are still placed as they are there. */
  private common = 0

  /** `operations` are in the order of their calls. `memory`: the limit of `Visited`. */
  constructor(
    model: Model<State, Input, Output>,
    partition: string,
    operations: ReadonlyArray<Operation<Input, Output>>,
    memory?: number
  ) {
    this.model = model
    this.operations = operations
    this.timeline = new Timeline(operations, isOptional)
    this.optional = Uint8Array.from(operations, (operation) => Number(isOptional(operation)))
    this.onlyReads = Uint8Array.from(operations, ({ input, outcome }) =>
      Number(model.onlyReads?.(input, outcome) ?? false)
    )
    const optionals = this.optional.reduce((sum, flag) => sum + flag, 0)
    this.left = operations.length - optionals
    this.leftOfLongest = this.left
    this.visited = new Visited(this.left, optionals, memory)
    let required = 0
    let optional = 0
    this.bits = Int32Array.from(this.optional, (flag) =>
      flag === 0 ? required++ : this.visited.optionalBit(optional++)
    )
    this.state = model.initial(partition, operations)
    this.stateId = this.idOf(this.state)
  }

  /** A verdict, or "unknown" after about `maxSteps` questions to the model. */
  run(maxSteps: number): Verdict {
    const { timeline } = this
    this.placeReads()
    let event = timeline.first
    while (this.left > 0) {
      if ((event & 1) === 1) {
        this.keepLongest()
        const index = this.takeBack()
        if (index === undefined) return "not linearizable"
        event = timeline.after(2 * index)
      } else if (!(this.steps < maxSteps)) {
        return "unknown"
      } else {
        event = this.choose(event >> 1) ? timeline.first : timeline.after(event)
      }
    }
    return "linearizable"
  }

  private idOf(state: State): number {
    return this.visited.stateId(this.model.key === undefined ? state : this.model.key(state))
  }

  private ask(state: State, index: number): State | typeof impossible {
    const operation = this.operations[index]!
    this.current = operation
    this.steps++
    return this.model.step(state, operation.input, operation.outcome)
  }

  /** Places an operation next, and the reads it makes possible. False where that leads nowhere new. */
  private choose(index: number): boolean {
    if (this.onlyReads[index] === 1) return false
    const after = this.ask(this.state, index)
    if (after === impossible) return false
    const afterId = this.idOf(after)
    // As good left out.
    if (this.optional[index] === 1 && afterId === this.stateId) return false
    if (this.isLastUseless(index, afterId)) return false
    this.place(index, after, afterId)
    this.placeReads()
    if (this.visited.add(this.stateId)) return true
    this.takeBack()
    return false
  }

  /**
   * Whether the last operation may as well be left out, or come after this one. Of two that may be left
   * out, the later one is told to wait, or each would wait for the other.
   */
  private isLastUseless(index: number, afterId: number): boolean {
    const last = this.order.at(-1)
    if (last === undefined || this.optional[last] === 0) return false
    const without = this.ask(this.statesBefore.at(-1)!, index)
    if (without === impossible) return false
    if (this.idOf(without) === afterId) return true
    if (this.optional[index] === 1 && index > last) return false
    const swapped = this.ask(without, last)
    return swapped !== impossible && this.idOf(swapped) === afterId
  }

  /** One pass is enough: nothing changes the state, so what cannot be next stays so. */
  private placeReads(): void {
    const { timeline } = this
    let event = timeline.first
    while ((event & 1) === 0 && event !== timeline.head) {
      const isPlaced = this.placeRead(event >> 1)
      event = isPlaced ? timeline.afterLifted(event) : timeline.after(event)
    }
  }

  private placeRead(index: number): boolean {
    if (this.onlyReads[index] === 0 || this.optional[index] === 1) return false
    const after = this.ask(this.state, index)
    if (after === impossible) return false
    const afterId = this.idOf(after)
    if (afterId !== this.stateId) throw new Error("what only reads has changed the state")
    this.place(index, after, afterId)
    return true
  }

  private place(index: number, after: State, afterId: number): void {
    this.visited.place(this.bits[index]!)
    this.order.push(index)
    this.statesBefore.push(this.state)
    this.stateIdsBefore.push(this.stateId)
    this.state = after
    this.stateId = afterId
    this.timeline.lift(2 * index)
    if (this.optional[index] === 1) return
    this.timeline.lift(2 * index + 1)
    this.left--
  }

  /** Takes back the operation that was chosen last, and the reads after it. */
  private takeBack(): number | undefined {
    for (;;) {
      const index = this.order.pop()
      if (index === undefined) return undefined
      this.state = this.statesBefore.pop()!
      this.stateId = this.stateIdsBefore.pop()!
      this.visited.takeBack(this.bits[index]!)
      if (this.optional[index] === 0) {
        this.timeline.putBack(2 * index + 1)
        this.left++
      }
      this.timeline.putBack(2 * index)
      if (this.order.length < this.common) this.common = this.order.length
      if (this.onlyReads[index] === 0) return index
    }
  }

  /**
   * Without operations at the end that may be left out. Copies only what changed since the last time, or
   * long histories would be copied again and again.
   */
  private keepLongest(): void {
    if (this.left >= this.leftOfLongest) return
    this.leftOfLongest = this.left
    const { longest, order } = this
    let end = order.length
    while (end > 0 && this.optional[order[end - 1]!] === 1) end--
    longest.length = Math.min(this.common, end)
    for (let at = longest.length; at < end; at++) longest.push(order[at]!)
    this.common = end
  }
}
