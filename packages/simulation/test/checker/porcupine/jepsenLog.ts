import { type Call, History } from "../../../src/checker/History.ts"
import * as Register from "../../../src/checker/models/Register.ts"
import type { Operation } from "../../../src/checker/Operation.ts"

export type Input = Register.Input<number | null>
export type Output = Register.Output<number | null>

/** The register of etcd that Jepsen wrote to: `nil` at first. */
export const model = Register.model<number | null>(null)

const line =
  /^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(\S.*?)\s*$/

const inputOf = (kind: string, value: string): Input => {
  const [first = NaN, second = NaN] = (value.match(/\d+/g) ?? []).map(Number)
  if (kind === "read") return { kind: "read" }
  if (kind === "write") return { kind: "write", value: first }
  return { kind: "compareAndSet", expected: first, value: second }
}

/** Reads lines `PROCESS :invoke|:ok|:fail|:info :read|:write|:cas VALUE`; other lines say nothing. */
export const parse = (text: string): ReadonlyArray<Operation<Input, Output>> => {
  const history = new History<Input, Output>()
  const calls = new Map<string, Call<Output>>()
  for (const row of text.split("\n")) {
    const match = line.exec(row)
    if (match === null) continue
    const [, client = "", type, kind = "", value = ""] = match
    if (type === "invoke") {
      calls.set(client, history.call(client, inputOf(kind, value)))
      continue
    }
    const call = calls.get(client)
    if (call === undefined) throw new Error(`an answer without a call: ${row}`)
    // A compare-and-set that fails is an answer; all else that fails is a time-out.
    if (type === "fail" && kind === "cas") call.returned(false)
    else if (type !== "ok") call.lost()
    else if (kind === "cas") call.returned(true)
    else call.returned(kind === "write" || value === "nil" ? null : Number(value))
  }
  return history.operations
}
