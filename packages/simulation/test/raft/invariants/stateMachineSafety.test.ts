import { assert, describe, it } from "@effect/vitest"
import { stateMachineSafety } from "../../../src/raft/invariants/stateMachineSafety.ts"
import { entry, HandMade } from "../HandMade.ts"

describe("stateMachineSafety", () => {
  it("[RA5] says nothing about equal states, whenever they are reached", () => {
    const cloud = new HandMade(stateMachineSafety)
    assert.isUndefined(cloud.applied(cloud.a, entry(1, 1), 11))
    assert.isUndefined(cloud.applied(cloud.a, entry(2, 1), 12))
    assert.isUndefined(cloud.applied(cloud.b, entry(1, 1), 11))
    assert.isUndefined(cloud.applied(cloud.b, entry(2, 1), 12))
  })

  it("[RA5] finds another state at the same index", () => {
    const cloud = new HandMade(stateMachineSafety)
    cloud.applied(cloud.a, entry(1, 1), 11)
    assert.match(cloud.applied(cloud.b, entry(1, 1), 99)!, /b is in another state at 1/)
  })

  it("[RA5] finds entries that are skipped or applied again, but for restarts and snapshots", () => {
    const cloud = new HandMade(stateMachineSafety)
    cloud.applied(cloud.a, entry(1, 1), 11)
    assert.match(cloud.applied(cloud.a, entry(3, 1), 13)!, /a applied 3 after 1/)
    assert.match(cloud.applied(cloud.a, entry(3, 1), 13)!, /a applied 3 after 3/)
    cloud.a.machine.applied = 1
    cloud.started(cloud.a)
    assert.isUndefined(cloud.applied(cloud.a, entry(2, 1), 12))
    cloud.a.machine.applied = 7
    cloud.installed(cloud.a)
    assert.isUndefined(cloud.applied(cloud.a, entry(8, 1), 18))
  })
})
