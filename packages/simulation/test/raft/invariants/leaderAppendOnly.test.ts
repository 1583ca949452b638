import { assert, describe, it } from "@effect/vitest"
import { leaderAppendOnly } from "../../../src/raft/invariants/leaderAppendOnly.ts"
import { entry, HandMade } from "../HandMade.ts"

describe("leaderAppendOnly", () => {
  it("[RA2] lets a leader append and compact", () => {
    const cloud = leading()
    const { log } = cloud.a.raft
    log.list.push(entry(4, 2))
    assert.isUndefined(cloud.stepped(cloud.a))
    log.list = log.list.slice(-1)
    log.before = 3
    assert.isUndefined(cloud.stepped(cloud.a))
    log.list = []
    log.before = 4
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA2] lets a node drop entries when it no longer leads, or not yet again", () => {
    const cloud = leading()
    cloud.a.raft.role = "follower"
    cloud.a.raft.log.list.pop()
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.a.raft.lead(4)
    cloud.a.raft.log.list.pop()
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA2] finds a leader that drops its last entry", () => {
    const cloud = leading()
    cloud.a.raft.log.list.pop()
    assert.match(cloud.stepped(cloud.a)!, /dropped entry 3/)
  })

  it("[RA2] finds a leader that replaces its last entry", () => {
    const cloud = leading()
    cloud.a.raft.log.list[2] = { ...entry(3, 2), data: new Uint8Array([9]) }
    assert.match(cloud.stepped(cloud.a)!, /replaced entry 3/)
  })
})

const leading = () => {
  const cloud = new HandMade(leaderAppendOnly)
  cloud.a.raft.lead(2, 1, 1, 2)
  cloud.stepped(cloud.a)
  return cloud
}
