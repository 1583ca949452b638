import { assert, describe, it } from "@effect/vitest"
import { logMatching } from "../../../src/raft/invariants/logMatching.ts"
import { entries, entry, HandMade } from "../HandMade.ts"

describe("logMatching", () => {
  it("[RA3] lets logs differ behind the last place at which they meet", () => {
    const cloud = new HandMade(logMatching)
    cloud.a.raft.log.list = entries(1, 1, 2, 2)
    cloud.b.raft.log.list = entries(1, 1, 3)
    assert.isUndefined(cloud.stepped(cloud.a))
    assert.isUndefined(cloud.stepped(cloud.b))
    cloud.a.raft.log.list = entries(1, 1, 3, 3)
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA3] finds another entry at the same index and term", () => {
    const cloud = new HandMade(logMatching)
    cloud.a.raft.log.list = entries(1, 1, 2)
    cloud.stepped(cloud.a)
    cloud.b.raft.log.list = [...entries(1, 1), { ...entry(3, 2), data: new Uint8Array([1]) }]
    assert.match(cloud.stepped(cloud.b)!, /b at 3 in term 2: another log holds another entry/)
  })

  it("[RA3] finds another prefix below the same index and term", () => {
    const cloud = new HandMade(logMatching)
    cloud.a.raft.log.list = entries(1, 1, 3)
    cloud.stepped(cloud.a)
    cloud.b.raft.log.list = entries(1, 2, 3)
    assert.match(cloud.stepped(cloud.b)!, /another log has term 1 before it, not 2/)
  })

  it("[RA3] looks at entries that replace others, however far the log reaches", () => {
    const cloud = new HandMade(logMatching)
    cloud.a.raft.log.list = entries(1, 2, 2)
    cloud.b.raft.log.list = entries(1, 3, 3)
    cloud.stepped(cloud.a)
    cloud.stepped(cloud.b)
    // As if term 3 came after entry 2 of term 2.
    cloud.b.raft.log.list = entries(1, 2, 3, 3)
    assert.match(cloud.stepped(cloud.b)!, /b at 3 in term 3/)
  })

  it("[RA3] finds times that go back along a log", () => {
    const cloud = new HandMade(logMatching)
    cloud.a.raft.log.list = [
      { ...entry(1, 1), time: 5 },
      { ...entry(2, 1), time: 5 }
    ]
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.a.raft.log.list.push({ ...entry(3, 1), time: 4 })
    assert.match(cloud.stepped(cloud.a)!, /a: time goes back at 3/)
  })

  it("[RA3] finds terms that go back, and entries in a wrong place", () => {
    const cloud = new HandMade(logMatching)
    cloud.a.raft.log.list = entries(1, 3, 2)
    assert.match(cloud.stepped(cloud.a)!, /terms go back/)
    cloud.b.raft.log.list = [entry(1, 1), entry(3, 1)]
    assert.match(cloud.stepped(cloud.b)!, /the entry says it is 3/)
  })
})
