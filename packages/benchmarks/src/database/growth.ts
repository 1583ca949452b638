/** What one operation costs in collections of growing size; the load says the size. */
import type { State } from "@distri/store/state/State"
import { get } from "@distri/store/query/Search"
import type { Contender } from "../Benchmark.ts"
import { withCalls } from "../closedLoop.ts"
import { filled, find, run } from "./distri.ts"
import { idOf, person, pick } from "./documents.ts"

/** Makes what is repeated, on a state of `size` documents. */
const tasks: Readonly<Record<string, (state: State, size: number) => () => unknown>> = {
  get: (state, size) => () => get(state, "people", idOf(pick(size))),
  find: (state, size) => () => find(state, { city: `city ${pick(Math.ceil(size / 10))}` }),
  page: (state) => () => find(state, { age: { $gte: 18, $lt: 65 } }),
  insert: (state, size) => {
    let grown = state
    let at = size
    return () => {
      // It must not grow far beyond its size.
      if (at > size * 2) [grown, at] = [state, size]
      const document = person(at++) as never
      grown = run(grown, { _tag: "AddDocument", collection: "people", document })
    }
  },
  update: (state, size) => {
    let changed = state
    let age = 0
    return () => {
      const id = idOf(pick(size))
      const set = { age: ++age }
      changed = run(changed, { _tag: "UpdateDocument", collection: "people", id, set })
    }
  }
}

export const connect: Contender["connect"] = async () => {
  const task = tasks[new URL(import.meta.url).searchParams.get("task") ?? ""]!
  let known: { readonly size: number; readonly state: State } | undefined
  return (load) => {
    const size = load.inFlight
    if (known?.size !== size) known = { size, state: filled(size) }
    return withCalls(task(known.state, size))({ ...load, inFlight: 1 })
  }
}
