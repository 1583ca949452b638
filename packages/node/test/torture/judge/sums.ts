/**
 * What the documents of a window must hold in the end, by counting: every acknowledged token once, every
 * acknowledged increment once, and of those in doubt at most all. Linear in time, unlike the checker.
 */
import type { Recorded } from "../workload/model.ts"

/** By key: a count, or tokens, each as often as it was added. */
export type Found = ReadonlyMap<string, number | ReadonlyArray<string>>

const none: ReadonlySet<string> = new Set()

/** What is wrong, in words. */
export const problemsOf = (
  operations: ReadonlyArray<Recorded>,
  found: Found
): ReadonlyArray<string> => {
  const wanted = new Map<
    string,
    { readonly acknowledged: Set<string>; readonly doubt: Set<string> }
  >()
  let number = 0
  for (const { input, outcome } of operations) {
    if (input.kind !== "add" && input.kind !== "increment") continue
    const { acknowledged, doubt } = wanted.get(input.key) ?? {
      acknowledged: new Set<string>(),
      doubt: new Set<string>()
    }
    wanted.set(input.key, { acknowledged, doubt })
    const name = input.kind === "add" ? input.token : `${number++}`
    if (outcome === undefined) doubt.add(name)
    else acknowledged.add(name)
  }
  return [...found].flatMap(([key, value]) => {
    const { acknowledged = none, doubt = none } = wanted.get(key) ?? {}
    if (typeof value === "number") {
      const most = acknowledged.size + doubt.size
      return value >= acknowledged.size && value <= most
        ? []
        : [`${key} is ${value}, of ${acknowledged.size} acknowledged and ${doubt.size} in doubt`]
    }
    const seen = new Set<string>()
    const problems: Array<string> = []
    for (const token of value) {
      if (seen.has(token)) problems.push(`${key} has ${token} twice`)
      else if (!acknowledged.has(token) && !doubt.has(token)) {
        problems.push(`${key} has ${token}, which nobody added`)
      }
      seen.add(token)
    }
    for (const token of acknowledged) {
      if (!seen.has(token)) problems.push(`${key} has lost ${token}`)
    }
    return problems
  })
}
