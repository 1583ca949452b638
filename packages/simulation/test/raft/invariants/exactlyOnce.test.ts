import { assert, describe, it } from "@effect/vitest"
import { exactlyOnce } from "../../../src/raft/invariants/exactlyOnce.ts"
import { command, HandMade, operation } from "../HandMade.ts"

describe("exactlyOnce", () => {
  it("[RA12] says nothing about a command that stands twice and took effect once", () => {
    const cloud = new HandMade(exactlyOnce)
    for (const node of [cloud.a, cloud.b]) {
      assert.isUndefined(cloud.applied(node, first, 11, true))
      assert.isUndefined(cloud.applied(node, again, 12, false))
      node.machine.sessions.set(1, { seq: 1, effects: 1 })
    }
    assert.isUndefined(cloud.answered(acknowledged))
    assert.isUndefined(cloud.ended())
  })

  it("[RA12] finds a command that takes effect again", () => {
    const cloud = new HandMade(exactlyOnce)
    cloud.applied(cloud.a, first, 11, true)
    assert.match(cloud.applied(cloud.a, again, 12, true)!, /took effect at 1 and at 2/)
  })

  it("[RA12] finds a command that takes effect on one node only", () => {
    const cloud = new HandMade(exactlyOnce)
    cloud.applied(cloud.a, first, 11, true)
    assert.match(cloud.applied(cloud.b, first, 11, false)!, /not on b/)
  })

  it("[RA12] finds a command that is acknowledged before anybody applied it", () => {
    const cloud = new HandMade(exactlyOnce)
    assert.match(cloud.answered(acknowledged)!, /acknowledged at 1, where no node applied it/)
    cloud.applied(cloud.a, command(1, { session: 2, seq: 1 }), 11, true)
    assert.match(cloud.answered(acknowledged)!, /where no node applied it/)
  })

  it("[RA12] finds a state without an acknowledged command, but not one that lies before it", () => {
    const cloud = new HandMade(exactlyOnce)
    cloud.applied(cloud.a, first, 11, true)
    cloud.a.machine.sessions.set(1, { seq: 1, effects: 1 })
    cloud.answered(acknowledged)
    assert.isUndefined(cloud.ended())
    cloud.b.machine.applied = 1
    assert.match(cloud.ended()!, /b lacks the acknowledged command 1/)
    cloud.b.machine.sessions.set(1, { seq: 1, effects: 2 })
    assert.match(cloud.ended()!, /b did more for session 1/)
  })
})

const first = command(1, { session: 1, seq: 1 })

const again = command(2, { session: 1, seq: 1 })

const acknowledged = operation({ session: 1, seq: 1, answeredAt: 2, index: 1 })
