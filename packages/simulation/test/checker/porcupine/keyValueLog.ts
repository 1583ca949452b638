import { type Call, History } from "../../../src/checker/History.ts"
import { impossible, type Model } from "../../../src/checker/Model.ts"
import type { Operation } from "../../../src/checker/Operation.ts"

export interface Input {
  readonly kind: "get" | "put" | "append"
  readonly key: string
  readonly value: string
}

/** Texts by key, empty at first, that are read, replaced and made longer. */
export const model: Model<string, Input, string> = {
  initial: () => "",
  partition: (input) => input.key,
  onlyReads: (input) => input.kind === "get",
  step: (state, input, outcome) => {
    if (input.kind === "put") return input.value
    if (input.kind === "append") return state + input.value
    return outcome === undefined || outcome.value === state ? state : impossible
  }
}

const line =
  /^\{:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "(.*)", :value (?:nil|"(.*)")\}\s*$/

/** Reads lines `{:process N, :type :invoke|:ok, :f :get|:put|:append, :key "K", :value "V"}`. */
export const parse = (text: string): ReadonlyArray<Operation<Input, string>> => {
  const history = new History<Input, string>()
  const calls = new Map<string, Call<string>>()
  for (const row of text.split("\n")) {
    if (row === "") continue
    const match = line.exec(row)
    if (match === null) throw new Error(`not a line of a history: ${row}`)
    const [, client = "", type, kind, key = "", value = ""] = match
    if (type === "invoke") {
      calls.set(client, history.call(client, { kind: kind as Input["kind"], key, value }))
    } else {
      calls.get(client)!.returned(value)
    }
  }
  return history.operations
}
