import { assert, describe, it } from "@effect/vitest"
import type { Operation } from "../../src/checker/Operation.ts"
import { type Ask, type Consistency, type Told, versionsAreFresh } from "./versions.ts"

/** Client c1 writes version 7, and is told so at 1,000 ms; then somebody reads at 1,500 ms. */
const judged = (client: string, kind: Consistency, version: number, maxLagMs = 0) => {
  const call = { called: 0, returned: 1 }
  const history: ReadonlyArray<Operation<Ask, Told>> = [
    {
      ...call,
      client: "c1",
      input: { on: "versions", kind: "write", atMs: 900, maxLagMs: 0 },
      outcome: { value: { version: 7, atMs: 1_000 } }
    },
    {
      called: 2,
      returned: 3,
      client,
      input: { on: "versions", kind, atMs: 1_500, maxLagMs },
      outcome: { value: { version, atMs: 1_600 } }
    }
  ]
  return versionsAreFresh.problem({
    nowMs: 2_000,
    history: () => history,
    stalled: [],
    digests: new Map(),
    errors: []
  })
}

describe("versionsAreFresh", () => {
  it.each([
    ["c2", "linearizable", 0],
    ["c1", "session", 0],
    ["c2", "bounded", 400]
  ] as const)("holds %s to a %s read (lag %i)", (client, kind, maxLagMs) => {
    assert.match(judged(client, kind, 6, maxLagMs)!, /is told version 6 at 1600 ms, after c1 asks/)
    assert.isUndefined(judged(client, kind, 7, maxLagMs))
  })

  it.each([
    ["c2", "session", 0],
    ["c2", "bounded", 500],
    ["c1", "local", 0]
  ] as const)("asks no more of %s than a %s read promises (lag %i)", (client, kind, maxLagMs) => {
    assert.isUndefined(judged(client, kind, 6, maxLagMs))
  })
})
