import type { Operation } from "./Operation.ts"

/** Says why nobody can have seen this history, which is a mistake of who recorded it. */
export const historyProblem = (
  history: ReadonlyArray<Operation<unknown, unknown>>
): string | undefined => {
  for (const { client, called, returned } of history) {
    // Written so that NaN is refused too.
    if (!(called > -Infinity && called < Infinity && returned >= called)) {
      return `an operation of client ${client} is called at ${called} and returns at ${returned}`
    }
  }
  const inOrder = history.toSorted(
    (left, right) => left.called - right.called || (left.returned < right.returned ? -1 : 1)
  )
  const busyUntil = new Map<string, number>()
  for (const { client, called, returned } of inOrder) {
    const until = busyUntil.get(client) ?? -Infinity
    if (called < until) {
      return `client ${client} calls at ${called}, before its last call returned at ${until}`
    }
    // A client that gave up is free, though the operation may go on.
    if (returned < Infinity) busyUntil.set(client, returned)
  }
  return undefined
}
