import { assert, describe, it } from "@effect/vitest"
import { noCampaignUnapplied } from "../../../src/raft/invariants/noCampaignUnapplied.ts"
import { entries, entry, HandMade } from "../HandMade.ts"

describe("noCampaignUnapplied", () => {
  it("[RA16] lets a node campaign whose change is not committed, or is applied", () => {
    const cloud = withChange()
    cloud.a.raft.log.commit = 2
    cloud.a.raft.role = "preCandidate"
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.a.raft.log.commit = 4
    cloud.a.raft.log.applied = 3
    cloud.a.raft.role = "candidate"
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA16] lets a follower fall behind with applying", () => {
    const cloud = withChange()
    cloud.a.raft.log.commit = 4
    cloud.a.raft.term = 2
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA16] finds a campaign with a change that is committed and not applied", () => {
    const cloud = withChange()
    cloud.a.raft.log.commit = 3
    cloud.a.raft.role = "preCandidate"
    assert.match(cloud.stepped(cloud.a)!, /has not applied the change at 3/)
  })

  it("[RA16] finds the second campaign of a candidate, in its next term", () => {
    const cloud = withChange()
    cloud.a.raft.role = "candidate"
    cloud.a.raft.term = 2
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.a.raft.log.commit = 3
    assert.isUndefined(cloud.stepped(cloud.a))
    cloud.a.raft.term = 3
    assert.match(cloud.stepped(cloud.a)!, /candidate of term 3/)
  })
})

const withChange = () => {
  const cloud = new HandMade(noCampaignUnapplied)
  const { log } = cloud.a.raft
  log.list = [...entries(1, 1), entry(3, 1, "confChange"), entry(4, 1)]
  log.applied = 2
  cloud.started(cloud.a)
  return cloud
}
