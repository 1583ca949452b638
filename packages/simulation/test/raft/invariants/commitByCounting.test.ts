import { assert, describe, it } from "@effect/vitest"
import { commitByCounting } from "../../../src/raft/invariants/commitByCounting.ts"
import { HandMade } from "../HandMade.ts"

describe("commitByCounting", () => {
  it("[RA6] lets a leader commit its own entries, and those before with them", () => {
    const cloud = elected()
    cloud.a.raft.log.commit = 4
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA6] lets a follower commit entries of any term", () => {
    const cloud = elected()
    cloud.a.raft.role = "follower"
    cloud.a.raft.log.commit = 3
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA6] finds an entry of an earlier term that is committed by counting", () => {
    const cloud = elected()
    cloud.a.raft.log.commit = 3
    assert.match(cloud.stepped(cloud.a)!, /leads term 4 and committed 3 of term 2/)
  })
})

const elected = () => {
  const cloud = new HandMade(commitByCounting)
  cloud.a.raft.lead(4, 1, 2, 2, 4)
  cloud.a.raft.log.commit = 1
  cloud.stepped(cloud.a)
  return cloud
}
