/**
 * Judges what the clients saw, at the end of a run: can it have happened one operation after another on one
 * copy of the registers? It trusts nothing of the cloud.
 */
import { Linearizability, Register } from "../checker/index.ts"
import type { Model } from "../checker/Model.ts"
import type { Operation as Judged } from "../checker/Operation.ts"
import type { Operation } from "./History.ts"
import type { Invariant } from "./Invariant.ts"

type Input = Register.Input<number> & { readonly key: number }
type Output = Register.Output<number>

const register = Register.model<number>(0)

const registers: Model<number, Input, Output> = {
  ...register,
  partition: ({ key }) => `register ${key}`
}

export const linearizable: Invariant = {
  rule: "RA12",
  title: "Linearizable",
  on: ["Ended"],
  make: () => (world) => {
    const report = Linearizability.check(registers, world.history.operations.flatMap(judged))
    return report._tag === "Linearizable" ? undefined : Linearizability.describe(registers, report)
  }
}

/** A read without an answer says nothing. */
const judged = (operation: Operation): ReadonlyArray<Judged<Input, Output>> => {
  const { client, kind, key, value, expected, calledAt, answeredAt, result } = operation
  if (kind === "read" && answeredAt === undefined) return []
  const input: Input =
    kind === "compareAndSet"
      ? { kind, key, value, expected }
      : kind === "write"
        ? { kind, key, value }
        : { kind, key }
  const outcome =
    answeredAt === undefined
      ? undefined
      : { value: kind === "compareAndSet" ? result === 1 : result }
  return [
    {
      client: `c${client}`,
      input,
      called: calledAt,
      returned: answeredAt ?? Infinity,
      outcome
    }
  ]
}
