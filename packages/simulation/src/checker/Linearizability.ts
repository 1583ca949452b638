/**
 * Judges histories: can these operations have happened one after another, each at an instant between its
 * call and its return, with the answers that were seen? (Herlihy and Wing, "Linearizability", 1990)
 *
 * Each partition is searched on its own (Horn and Kroening, "P-compositionality", 2015), first all with few
 * steps, then those still open with ten times as many, and so on. Else one hard partition would hide an
 * easy contradiction in another.
 *
 * Trusts nothing but the model. Made for up to about 2,000 operations a partition and 10 clients at once.
 */
import { historyProblem } from "./historyProblem.ts"
import { impossible, type Model } from "./Model.ts"
import type { Operation } from "./Operation.ts"
import type { Placed, Report } from "./Report.ts"
import { isOptional, Search } from "./Search.ts"

export { describe, type Placed, type Report } from "./Report.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /**
   * Calls of `model.step` per partition after which the answer is "unknown". Default 10,000,000: some
   * seconds, for a cheap model.
   */
  readonly maxSteps?: number
}

/**
 * Judges a history, in any order. Never throws, and never guesses.
 *
 * @category constructors
 * @since 0.1.0
 */
export const check = <State, Input, Output>(
  model: Model<State, Input, Output>,
  history: ReadonlyArray<Operation<Input, Output>>,
  options: Options = {}
): Report<State, Input, Output> => {
  const maxSteps = options.maxSteps ?? 10_000_000
  const problem = historyProblem(history)
  if (problem !== undefined) return { _tag: "Refused", problem }
  const partitions = partitionsOf(model, history)
  if (!Array.isArray(partitions)) return partitions
  let open = partitions
  let steps = 0
  for (let budget = 10_000; open.length > 0; budget *= 10) {
    const stillOpen: typeof open = []
    for (const partition of open) {
      const report = judge(model, partition, Math.min(budget, maxSteps))
      if (report._tag === "ModelFailed") return report
      steps += report.steps
      if (report._tag === "NotLinearizable") return { ...report, steps }
      if (report._tag === "Unknown") stillOpen.push(partition)
    }
    open = stillOpen
    if (!(budget < maxSteps)) break
  }
  if (open.length === 0) return { _tag: "Linearizable", steps }
  return { _tag: "Unknown", steps, partitions: open.map(({ name }) => name) }
}

interface Partition<Input, Output> {
  readonly name: string
  /** In the order of their calls. */
  readonly operations: Array<Operation<Input, Output>>
}

type Judged<State, Input, Output> = Exclude<Report<State, Input, Output>, { _tag: "Refused" }>

/** The small ones first: what is wrong there is found soonest. */
const partitionsOf = <State, Input, Output>(
  model: Model<State, Input, Output>,
  history: ReadonlyArray<Operation<Input, Output>>
): Array<Partition<Input, Output>> | (Judged<State, Input, Output> & { _tag: "ModelFailed" }) => {
  const partitions = new Map<string, Partition<Input, Output>>()
  for (const operation of history.toSorted((left, right) => left.called - right.called)) {
    let name = ""
    try {
      if (model.partition !== undefined) name = model.partition(operation.input)
    } catch (cause) {
      return { _tag: "ModelFailed", partition: undefined, operation, state: undefined, cause }
    }
    const partition = partitions.get(name)
    if (partition === undefined) partitions.set(name, { name, operations: [operation] })
    else partition.operations.push(operation)
  }
  return Array.from(partitions.values()).toSorted(
    (left, right) => left.operations.length - right.operations.length
  )
}

const judge = <State, Input, Output>(
  model: Model<State, Input, Output>,
  { name: partition, operations }: Partition<Input, Output>,
  maxSteps: number
): Judged<State, Input, Output> => {
  let search: Search<State, Input, Output> | undefined
  try {
    search = new Search(model, partition, operations)
    const verdict = search.run(maxSteps)
    const { steps } = search
    if (verdict === "linearizable") return { _tag: "Linearizable", steps }
    if (verdict === "unknown") return { _tag: "Unknown", steps, partitions: [partition] }
    const prefix = replay(model, partition, operations, search.longest)
    const last = prefix.at(-1)
    const state = last === undefined ? model.initial(partition, operations) : last.state
    const stuck = nextOf(operations, new Set(search.longest))
    return { _tag: "NotLinearizable", steps, partition, operations, prefix, state, stuck }
  } catch (cause) {
    return {
      _tag: "ModelFailed",
      partition,
      operation: search?.current,
      state: search?.state,
      cause
    }
  }
}

const replay = <State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: string,
  operations: ReadonlyArray<Operation<Input, Output>>,
  order: ReadonlyArray<number>
): Array<Placed<State, Input, Output>> => {
  let state = model.initial(partition, operations)
  return order.map((index) => {
    const operation = operations[index]!
    const after = model.step(state, operation.input, operation.outcome)
    if (after === impossible) throw new Error("the model answers differently when asked again")
    state = after
    return { operation, state }
  })
}

/** The operations of which one had to come next: they were called before the first of them returned. */
const nextOf = <Input, Output>(
  operations: ReadonlyArray<Operation<Input, Output>>,
  placed: ReadonlySet<number>
): Array<Operation<Input, Output>> => {
  const left = operations.filter((operation, at) => !placed.has(at) && !isOptional(operation))
  const end = left.reduce((earliest, { returned }) => Math.min(earliest, returned), Infinity)
  return left.filter(({ called }) => called <= end)
}
