/**
 * RA12 and RA13 as clients see them, judged when the run is over and trusting nothing but the model: can all
 * these operations have happened one after another, each between its call and its answer?
 */
import * as Linearizability from "../../checker/Linearizability.ts"
import type { Model } from "../../checker/Model.ts"
import * as Register from "../../checker/models/Register.ts"
import type { Operation as Judged } from "../../checker/Operation.ts"
import type { Operation } from "../History.ts"
import type { Invariant } from "../Invariant.ts"

type Input = Register.Input<number> & { readonly key: number }
type Output = Register.Output<number>

const registers: Model<number, Input, Output> = {
  ...Register.model<number>(0),
  partition: ({ key }) => String(key)
}

export const linearizability: Invariant = {
  rule: "RA12",
  title: "Linearizability",
  on: ["Ended"],
  make:
    () =>
    ({ history }) => {
      const report = Linearizability.check(registers, history.operations.map(judged))
      return report._tag === "Linearizable"
        ? undefined
        : Linearizability.describe(registers, report)
    }
}

const judged = (operation: Operation): Judged<Input, Output> => ({
  client: String(operation.client),
  input: input(operation),
  called: operation.calledAt,
  returned: operation.answeredAt ?? Infinity,
  outcome: operation.answeredAt === undefined ? undefined : { value: outcome(operation) }
})

const input = ({ kind, key, value, expected }: Operation): Input => {
  switch (kind) {
    case "read":
      return { kind, key }
    case "write":
      return { kind, key, value }
    case "compareAndSet":
      return { kind, key, value, expected }
  }
}

const outcome = ({ kind, result }: Operation): Output =>
  kind === "compareAndSet" ? result === 1 : result
