import { assert, describe, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import { membershipSafety } from "../../../src/raft/invariants/membershipSafety.ts"
import { entry, HandMade } from "../HandMade.ts"

describe("membershipSafety", () => {
  it("[RA10] lets a leader propose a change when the one before is applied", () => {
    const cloud = leading()
    const { log } = cloud.a.raft
    log.list.push(entry(3, 2, "confChange"))
    assert.isUndefined(cloud.stepped(cloud.a))
    log.applied = 3
    log.list.push(entry(4, 2), entry(5, 2, "confChange"))
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA10] lets a follower, and a leader that finds them, hold several changes", () => {
    const cloud = new HandMade(membershipSafety)
    const { raft } = cloud.a
    cloud.stepped(cloud.a)
    raft.log.list = [entry(1, 1, "confChange"), entry(2, 1, "confChange")]
    assert.isUndefined(cloud.stepped(cloud.a))
    raft.role = "leader"
    raft.term = 2
    raft.log.list.push(entry(3, 2))
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA10] finds a change that is proposed before the one before is applied", () => {
    const cloud = leading()
    const { log } = cloud.a.raft
    log.list.push(entry(3, 2, "confChange"))
    cloud.stepped(cloud.a)
    log.applied = 2
    log.list.push(entry(4, 2), entry(5, 2, "confChange"))
    assert.match(cloud.stepped(cloud.a)!, /a change at 5 while the one at 3 is not applied/)
  })

  it("[RA10] lets voters change by one, or by any number through a joint configuration", () => {
    assert.isUndefined(change(["a", "b", "c"], ["a", "b", "c", "d"]))
    assert.isUndefined(change(["a", "b", "c"], ["a", "b"]))
    assert.isUndefined(change(["a"], ["a", "b"]))
    assert.isUndefined(change(["a", "b", "c"], ["d", "e", "f"], true))
    assert.isUndefined(change([], ["a", "b", "c"]))
  })

  it("[RA10] finds majorities that need not meet, and the loss of all voters", () => {
    assert.match(change(["a", "b", "c"], ["a", "b", "c", "d", "e"])!, /need not meet/)
    assert.match(change(["a", "b", "c"], ["a", "b", "d"])!, /need not meet/)
    assert.match(change(["a"], ["b"])!, /need not meet/)
    assert.match(change(["a"], [])!, /the last voter is gone/)
  })

  it("[RA10] compares nothing where several changes, or a snapshot, were applied at once", () => {
    assert.isUndefined(change(["a", "b", "c"], ["d", "e"], false, 0))
    assert.isUndefined(change(["a", "b", "c"], ["d", "e"], false, 2))
  })
})

const leading = () => {
  const cloud = new HandMade(membershipSafety)
  cloud.a.raft.lead(2, 1, 2)
  cloud.stepped(cloud.a)
  return cloud
}

/** A node applies so many changes at once, and has the voters `to` instead of `from` then. */
const change = (
  from: ReadonlyArray<string>,
  to: ReadonlyArray<string>,
  isJoint = false,
  count = 1
) => {
  const cloud = new HandMade(membershipSafety)
  const { raft } = cloud.b
  raft.log.list = [entry(1, 1), entry(2, 1, "confChange"), entry(3, 1, "confChange")]
  raft.log.applied = 1
  raft.configuration = withVoters(from)
  cloud.stepped(cloud.b)
  raft.log.applied = 1 + count
  raft.configuration = { ...withVoters(to), votersOutgoing: isJoint ? from : [] }
  return cloud.stepped(cloud.b)
}
