import { assert, describe, it } from "@effect/vitest"
import { leaderCompleteness } from "../../../src/raft/invariants/leaderCompleteness.ts"
import { HandMade } from "../HandMade.ts"

describe("leaderCompleteness", () => {
  it("[RA4] says nothing about a leader that has what is committed, and more", () => {
    const cloud = committed()
    cloud.b.raft.lead(3, 1, 2, 2, 2, 3)
    assert.isUndefined(cloud.stepped(cloud.b))
  })

  it("[RA4] finds a leader whose log is too short", () => {
    const cloud = committed()
    cloud.b.raft.lead(3, 1, 2)
    assert.match(cloud.stepped(cloud.b)!, /without the committed entry 3 of term 2: it has none/)
  })

  it("[RA4] finds a leader with another entry in its place", () => {
    const cloud = committed()
    cloud.b.raft.lead(4, 1, 2, 3, 4)
    assert.match(cloud.stepped(cloud.b)!, /it has one of term 3/)
  })

  it("[RA4] finds a leader that was elected before the commit it lacks was known", () => {
    const cloud = new HandMade(leaderCompleteness)
    cloud.b.raft.lead(3, 1, 2)
    assert.isUndefined(cloud.stepped(cloud.b))
    cloud.a.raft.lead(2, 1, 2, 2)
    cloud.a.raft.log.commit = 2
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.a.raft.log.commit = 3
    assert.match(cloud.stepped(cloud.a)!, /^b leads term 3 without the committed entry 3 of term 2/)
  })

  it("[RA4] asks a leader that is late for what earlier terms committed, and no more", () => {
    const cloud = committed()
    cloud.b.raft.lead(5, 1, 2, 2, 5)
    cloud.b.raft.log.commit = 4
    assert.isUndefined(cloud.stepped(cloud.b))
    // Its last vote for term 4 was under way while term 5 committed entry 4.
    cloud.c.raft.lead(4, 1, 2, 2, 4)
    assert.isUndefined(cloud.stepped(cloud.c))
  })
})

const committed = () => {
  const cloud = new HandMade(leaderCompleteness)
  cloud.a.raft.lead(2, 1, 2, 2)
  cloud.a.raft.log.commit = 3
  cloud.stepped(cloud.a)
  return cloud
}
