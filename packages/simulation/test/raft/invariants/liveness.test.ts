import { assert, describe, it } from "@effect/vitest"
import { liveness } from "../../../src/raft/invariants/liveness.ts"
import { HandMade, operation } from "../HandMade.ts"

describe("liveness", () => {
  it("[RA18] says nothing when all follow one leader and operations are answered", () => {
    const cloud = healed()
    cloud.called(operation({}))
    cloud.answered(operation({}))
    assert.isUndefined(cloud.ended())
  })

  it("[RA18] finds no leader, two leaders, and a member that follows nobody", () => {
    const none = healed()
    none.a.raft.role = "follower"
    assert.match(none.ended()!, /0 leaders/)
    const two = healed()
    two.b.raft.lead(2)
    assert.match(two.ended()!, /2 leaders/)
    const alone = healed()
    alone.c.raft.leader = undefined
    assert.match(alone.ended()!, /c follows undefined and not a/)
  })

  it("[RA18] finds operations that nobody answers", () => {
    const cloud = healed()
    cloud.called(operation({}))
    assert.match(cloud.ended()!, /none of 1 operations was answered/)
  })

  it("[RA18] finds missed ticks that are caught up", () => {
    const cloud = healed()
    cloud.nowMs = 100
    assert.isUndefined(cloud.stepped(cloud.b, { _tag: "Ticked" }))
    assert.isUndefined(cloud.stepped(cloud.a, { _tag: "Ticked" }))
    assert.match(cloud.stepped(cloud.b, { _tag: "Ticked" })!, /b had two ticks at one instant/)
  })
})

const healed = () => {
  const cloud = new HandMade(liveness)
  cloud.healed()
  cloud.a.raft.lead(3)
  for (const node of cloud.nodes) node.raft.leader = "a"
  return cloud
}
