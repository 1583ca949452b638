import { assert, describe, it } from "@effect/vitest"
import { encodeState } from "../src/encodeState.ts"
import type { State } from "../src/State.ts"
import { Schedule } from "./fuzz/Schedule.ts"

/** What never changes, is not state, or is a copy of state: nothing of it belongs into the bytes. */
const left = new Set(["config", "breaks", "random", "latest"])

const changed = (value: unknown): unknown => {
  switch (typeof value) {
    case "number":
      return value + 1
    case "boolean":
      return !value
    case "string":
      return `${value}+`
    default:
      return value
  }
}

/** Changes each number, text and flag that can be reached, one at a time. Says which ones made no difference. */
const unnoticed = (state: State): ReadonlyArray<string> => {
  const before = encodeState(state)
  const isNoticed = () => {
    try {
      return encodeState(state).join() !== before.join()
    } catch {
      return true
    }
  }
  const found: Array<string> = []
  const visited = new Set<object>()
  const visit = (owner: Record<string, unknown>, path: string) => {
    if (visited.has(owner) || owner instanceof Uint8Array) return
    visited.add(owner)
    for (const [key, value] of Object.entries(owner)) {
      if (left.has(key)) continue
      const name = `${path}.${key}`
      if (typeof value === "object" && value !== null) {
        visit(value as Record<string, unknown>, name)
      } else if (changed(value) !== value) {
        owner[key] = changed(value)
        if (!isNoticed()) found.push(name)
        owner[key] = value
      }
    }
  }
  visit(state as unknown as Record<string, unknown>, "state")
  return found
}

describe("encodeState", () => {
  it("[RA17] misses nothing that a node knows", () => {
    for (let seed = 0; seed < 10; seed++) {
      const schedule = new Schedule(seed, {})
      schedule.run(300)
      for (const state of schedule.states) assert.deepStrictEqual(unnoticed(state), [])
    }
  })

  it("[RA17] sees what is not a field: votes, reads and windows", () => {
    const schedule = new Schedule(1, {})
    schedule.run(300)
    const [state] = schedule.states as [State]
    const differs = (change: () => void) => {
      const before = encodeState(state)
      change()
      assert.notDeepEqual(encodeState(state), before)
    }
    differs(() => state.tracker.recordVote("nobody/1", true))
    differs(() => state.reads.add({ from: state.id, token: 1 }, 1))
    differs(() => state.reads.add({ from: state.id, token: 2 }, 1))
    differs(() => state.reads.acknowledge("b/1", 1))
    differs(() => state.tracker.progress[0]!.inflights.add(1, 1))
    differs(() => state.outbox.accept(1, 1, 1, 1))
    differs(() => state.outbox.refuse(1, undefined, "NotLeader"))
  })

  it("[RA17] does not show in which order votes and answers came", () => {
    const [left, right] = [
      ["a/1", "b/1"],
      ["b/1", "a/1"]
    ].map((ids) => {
      const [state] = new Schedule(1, {}).states as [State]
      for (const id of ids) {
        state.tracker.recordVote(id, true)
        state.reads.acknowledge(id, 1)
      }
      return encodeState(state)
    })
    assert.deepStrictEqual(left, right)
  })
})
