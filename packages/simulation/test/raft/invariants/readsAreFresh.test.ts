import { assert, describe, it } from "@effect/vitest"
import { readsAreFresh } from "../../../src/raft/invariants/readsAreFresh.ts"
import { HandMade, operation } from "../HandMade.ts"

describe("readsAreFresh", () => {
  it("[RA13] says nothing about reads at or above what was acknowledged when they began", () => {
    const cloud = new HandMade(readsAreFresh)
    const indexed = { _tag: "ReadIndexed", node: cloud.a, index: 4, acknowledged: 4 } as const
    assert.isUndefined(cloud.tell(indexed))
    cloud.history.acknowledged = 4
    cloud.called(read)
    cloud.history.acknowledged = 9
    assert.isUndefined(cloud.answered({ ...read, index: 4 }))
  })

  it("[RA13] finds an index below what was acknowledged", () => {
    const cloud = new HandMade(readsAreFresh)
    const indexed = { _tag: "ReadIndexed", node: cloud.a, index: 3, acknowledged: 4 } as const
    assert.match(cloud.tell(indexed)!, /a reads at 3; 4 was acknowledged before/)
  })

  it("[RA13] finds an answer of a state below what was acknowledged", () => {
    const cloud = new HandMade(readsAreFresh)
    cloud.history.acknowledged = 4
    cloud.called(read)
    assert.match(cloud.answered({ ...read, index: 3 })!, /client 1 read at 3; 4 was acknowledged/)
  })
})

const read = operation({ kind: "read", session: 0, seq: 0, calledAt: 5 })
