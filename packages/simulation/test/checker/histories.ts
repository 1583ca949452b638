/** Histories to judge: random ones, and those of an object that works. */
import * as fc from "fast-check"
import { type Call, History } from "../../src/checker/History.ts"
import type * as Register from "../../src/checker/models/Register.ts"
import type { Operation } from "../../src/checker/Operation.ts"

/** `RUNS=20000` looks further, at other inputs each time. */
export const runs = (few: number) =>
  process.env["RUNS"] === undefined
    ? { numRuns: few, seed: 1 }
    : { numRuns: Number(process.env["RUNS"]) }

export type Input = Register.Input<number>
export type Output = Register.Output<number>
export type Operations = ReadonlyArray<Operation<Input, Output>>

const value = fc.integer({ min: 0, max: 2 })

const input: fc.Arbitrary<Input> = fc.oneof(
  fc.constant({ kind: "read" as const }),
  fc.record({ kind: fc.constant("write" as const), value }),
  fc.record({ kind: fc.constant("compareAndSet" as const), expected: value, value })
)

/** A value for a read, a yes or no for a compare-and-set: right or wrong. */
const answer = (of: Input): fc.Arbitrary<Output> =>
  of.kind === "read" ? value : of.kind === "write" ? fc.constant(undefined) : fc.boolean()

const maybe = (percent: number) => fc.integer({ min: 0, max: 99 }).map((drawn) => drawn < percent)

/** Small times, so that many are equal; and every mix of never returning and of outcomes unknown. */
const operation = input.chain((of) =>
  fc.record({
    input: fc.constant(of),
    called: fc.integer({ min: 0, max: 12 }),
    length: fc.integer({ min: 0, max: 6 }),
    never: maybe(20),
    answer: answer(of),
    unheard: maybe(20)
  })
)

/** Up to 7 operations on a register that starts with 0, each by a client of its own. */
export const small: fc.Arbitrary<Operations> = fc
  .array(operation, { maxLength: 7, size: "max" })
  .map((drawn) =>
    drawn.map(({ input, called, length, never, answer, unheard }, client) => ({
      client: `c${client}`,
      input,
      called,
      returned: never ? Infinity : called + length,
      outcome: unheard ? undefined : { value: answer }
    }))
  )

/** Random numbers below 1 (mulberry32), the same for the same seed. */
export const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
}

export interface Workload<Input, Output> {
  readonly seed: number
  readonly operations: number
  readonly clients: number
  /** How many calls are given up; half of them have taken effect or will. */
  readonly lostRatio: number
  /** The n-th operation. */
  readonly input: (draw: () => number, n: number) => Input
  /** The object: changes itself at the instant at which the operation takes effect. */
  readonly apply: (input: Input) => Output
}

/** What clients see of an object whose operations take effect one after another, within their calls. */
export const record = <Input, Output>(
  workload: Workload<Input, Output>
): ReadonlyArray<Operation<Input, Output>> => {
  const draw = random(workload.seed)
  const history = new History<Input, Output>()
  const calls = Array.from<
    { call: Call<Output>; input: Input; answer: { value: Output } | undefined } | undefined
  >({ length: workload.clients })
  for (let begun = 0; begun < workload.operations || calls.some((call) => call !== undefined);) {
    const client = Math.floor(draw() * workload.clients)
    const current = calls[client]
    if (current === undefined) {
      if (begun === workload.operations) continue
      const input = workload.input(draw, begun++)
      calls[client] = { call: history.call(`c${client}`, input), input, answer: undefined }
    } else if (draw() < workload.lostRatio) {
      current.call.lost()
      calls[client] = undefined
    } else if (current.answer === undefined) {
      current.answer = { value: workload.apply(current.input) }
    } else {
      current.call.returned(current.answer.value)
      calls[client] = undefined
    }
  }
  return history.operations
}

/** Reads, writes and compare-and-sets of few values, on a register that works and starts with 0. */
export const register = (
  options: Omit<Workload<Input, Output>, "input" | "apply"> & { readonly values: number }
): ReadonlyArray<Operation<Input, Output>> => {
  let state = 0
  return record<Input, Output>({
    ...options,
    input: (draw) => {
      const kind = draw()
      const value = Math.floor(draw() * options.values)
      if (kind < 0.4) return { kind: "read" }
      if (kind < 0.8) return { kind: "write", value }
      return { kind: "compareAndSet", expected: Math.floor(draw() * options.values), value }
    },
    apply: (input) => {
      if (input.kind === "read") return state
      if (input.kind === "compareAndSet" && input.expected !== state) return false
      state = input.value
      return input.kind === "write" ? undefined : true
    }
  })
}

/** An operation with an outcome, but for a read or a compare-and-set without one. */
export const op = (
  client: string,
  called: number,
  returned: number,
  input: Input,
  outcome?: Output
): Operation<Input, Output> => ({
  client,
  called,
  returned,
  input,
  outcome: outcome === undefined && input.kind !== "write" ? undefined : { value: outcome }
})
/** An operation that nobody heard of. */
export const lost = (client: string, called: number, input: Input): Operation<Input, Output> => ({
  client,
  called,
  returned: Infinity,
  input,
  outcome: undefined
})
export const read = { kind: "read" } as const
export const write = (value: number) => ({ kind: "write", value }) as const
