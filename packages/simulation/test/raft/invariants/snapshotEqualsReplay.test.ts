import { assert, describe, it } from "@effect/vitest"
import { snapshotEqualsReplay } from "../../../src/raft/invariants/snapshotEqualsReplay.ts"
import { command, HandMade } from "../HandMade.ts"

describe("snapshotEqualsReplay", () => {
  it("[RA14] says nothing about the state that applying gives, nor about one nobody reached", () => {
    const cloud = replayed()
    assert.isUndefined(cloud.installed(cloud.b))
    assert.isUndefined(cloud.started(cloud.b))
  })

  it("[RA14] finds another digest", () => {
    const cloud = replayed()
    cloud.b.machine.digest = 13
    assert.match(cloud.installed(cloud.b)!, /b stands at the snapshot of 2, and the digest differs/)
  })

  it("[RA14] finds sessions that are missing, behind, or ahead", () => {
    const cloud = replayed()
    cloud.b.machine.sessions.set(1, { seq: 2, effects: 2 })
    assert.match(cloud.installed(cloud.b)!, /session 1 is at 2 after 2 effects, not at 1 after 1/)
    cloud.b.machine.sessions.set(1, { seq: 2, effects: 1 })
    assert.match(cloud.installed(cloud.b)!, /session 1 is at 2/)
    cloud.b.machine.sessions.clear()
    assert.match(cloud.installed(cloud.b)!, /session 1 is at undefined/)
  })
})

const replayed = () => {
  const cloud = new HandMade(snapshotEqualsReplay)
  cloud.applied(cloud.a, command(1, { session: 1, seq: 1 }), 11)
  cloud.applied(cloud.a, command(2, { session: 2, seq: 1 }), 12)
  cloud.applied(cloud.a, command(3, { session: 1, seq: 2 }), 13)
  cloud.b.machine.applied = 2
  cloud.b.machine.digest = 12
  cloud.b.machine.sessions.set(1, { seq: 1, effects: 1 })
  cloud.b.machine.sessions.set(2, { seq: 1, effects: 1 })
  return cloud
}
