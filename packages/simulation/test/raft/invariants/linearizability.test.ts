import { assert, describe, it } from "@effect/vitest"
import { linearizability } from "../../../src/raft/invariants/linearizability.ts"
import { HandMade, operation } from "../HandMade.ts"

describe("linearizability", () => {
  it("[RA12] takes the last write, or one that was never answered, for what a read may find", () => {
    assert.isUndefined(judge(7, 0))
    assert.isUndefined(judge(8, 0))
    assert.isUndefined(judge(0, 1))
  })

  it("[RA12] finds a read of what was overwritten, and of what was never written", () => {
    assert.isString(judge(0, 0))
    assert.isString(judge(7, 1))
  })

  it("[RA12] finds a comparison that was answered wrong", () => {
    const cloud = new HandMade(linearizability)
    const compare = operation({ kind: "compareAndSet", expected: 5, calledAt: 1, answeredAt: 2 })
    cloud.called({ ...compare, result: 0 })
    assert.isUndefined(cloud.ended())
    cloud.history.operations[0]!.result = 1
    assert.isString(cloud.ended())
  })
})

const judge = (answer: number | undefined, keyOfRead: number) => {
  const cloud = new HandMade(linearizability)
  cloud.called(operation({ calledAt: 1, answeredAt: 2, result: 1 }))
  cloud.called(operation({ client: 2, calledAt: 3, value: 8 }))
  cloud.called(
    operation({ kind: "read", key: keyOfRead, calledAt: 4, answeredAt: 5, result: answer })
  )
  return cloud.ended()
}
