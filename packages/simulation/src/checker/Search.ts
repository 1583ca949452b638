/**
 * Looks for an order of the operations of one partition that keeps real time and that the model explains.
 *
 * Wing and Gong: go through calls and returns in time order. Place the first called operation that the
 * model allows in this state, and begin again at the front of what is left. Coming to a return whose
 * operation is not placed, this beginning cannot be right: take the last placed operation back, and try
 * the call after it. `Visited` cuts off what was reached before (Lowe, "Testing for linearizability").
 *
 * An operation that never returned may be left out, so it is done when all others are placed.
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

  /** `operations` are in the order of their calls. */
  constructor(
    model: Model<State, Input, Output>,
    partition: string,
    operations: ReadonlyArray<Operation<Input, Output>>
  ) {
    this.model = model
    this.operations = operations
    this.timeline = new Timeline(operations, isOptional)
    this.optional = Uint8Array.from(operations, (operation) => Number(isOptional(operation)))
    const optionals = this.optional.reduce((sum, flag) => sum + flag, 0)
    this.left = operations.length - optionals
    this.leftOfLongest = this.left
    this.visited = new Visited(this.left, optionals)
    let required = 0
    let optional = 0
    this.bits = Int32Array.from(this.optional, (flag) =>
      flag === 0 ? required++ : this.visited.optionalBit(optional++)
    )
    this.state = model.initial(partition)
    this.stateId = this.idOf(this.state)
  }

  /** A verdict, or "unknown" after `maxSteps` questions to the model. */
  run(maxSteps: number): Verdict {
    const { timeline } = this
    let event = timeline.first
    while (this.left > 0) {
      if ((event & 1) === 1) {
        this.keepLongest()
        if (this.order.length === 0) return "not linearizable"
        event = timeline.after(2 * this.takeBack())
      } else {
        if (!(this.steps < maxSteps)) return "unknown"
        this.steps++
        event = this.place(event >> 1) ? timeline.first : timeline.after(event)
      }
    }
    return "linearizable"
  }

  private idOf(state: State): number {
    return this.visited.stateId(this.model.key === undefined ? state : this.model.key(state))
  }

  private place(index: number): boolean {
    const operation = this.operations[index]!
    this.current = operation
    const after = this.model.step(this.state, operation.input, operation.outcome)
    if (after === impossible) return false
    const afterId = this.idOf(after)
    const optional = this.optional[index] === 1
    // An order with it would be as good without it.
    if (optional && afterId === this.stateId) return false
    this.visited.place(this.bits[index]!)
    if (!this.visited.add(afterId)) {
      this.visited.takeBack(this.bits[index]!)
      return false
    }
    this.order.push(index)
    this.statesBefore.push(this.state)
    this.stateIdsBefore.push(this.stateId)
    this.state = after
    this.stateId = afterId
    this.timeline.lift(2 * index)
    if (!optional) {
      this.timeline.lift(2 * index + 1)
      this.left--
    }
    return true
  }

  private takeBack(): number {
    const index = this.order.pop()!
    this.state = this.statesBefore.pop()!
    this.stateId = this.stateIdsBefore.pop()!
    this.visited.takeBack(this.bits[index]!)
    if (this.optional[index] === 0) {
      this.timeline.putBack(2 * index + 1)
      this.left++
    }
    this.timeline.putBack(2 * index)
    if (this.order.length < this.common) this.common = this.order.length
    return index
  }

  /** Copies only what changed since the last time, or long histories would be copied again and again. */
  private keepLongest(): void {
    if (this.left >= this.leftOfLongest) return
    this.leftOfLongest = this.left
    this.longest.length = this.common
    for (let at = this.common; at < this.order.length; at++) this.longest.push(this.order[at]!)
    this.common = this.longest.length
  }
}
