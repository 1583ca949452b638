import { assert, describe, it } from "@effect/vitest"
import { electionSafety } from "../../../src/raft/invariants/electionSafety.ts"
import { HandMade } from "../HandMade.ts"

describe("electionSafety", () => {
  it("[RA1] says nothing about one leader a term", () => {
    const cloud = new HandMade(electionSafety)
    cloud.a.raft.lead(2)
    assert.isUndefined(cloud.stepped(cloud.a))
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.b.raft.lead(3)
    assert.isUndefined(cloud.stepped(cloud.b))
  })

  it("[RA1] finds a second leader, though the first one is gone", () => {
    const cloud = new HandMade(electionSafety)
    cloud.a.raft.lead(2)
    cloud.stepped(cloud.a)
    cloud.a.raft.role = "follower"
    cloud.b.raft.lead(2)
    assert.match(cloud.stepped(cloud.b)!, /a and b both lead in term 2/)
  })
})
