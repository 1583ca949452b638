import { assert, describe, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import { committedIsDurable } from "../../../src/raft/invariants/committedIsDurable.ts"
import { entries, HandMade } from "../HandMade.ts"

describe("committedIsDurable", () => {
  it("[RA9] says nothing when two of three disks have it", () => {
    const cloud = written()
    cloud.c.disk.list = entries(1, 2)
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA9] finds an entry that is committed with one disk", () => {
    const cloud = written()
    cloud.b.disk.list = entries(1)
    assert.match(cloud.stepped(cloud.a)!, /committed 2, which is not on the disks of b, c/)
  })

  it("[RA9] does not count an entry of another term", () => {
    const cloud = written()
    cloud.b.disk.list = entries(1, 1)
    assert.match(cloud.stepped(cloud.a)!, /not on the disks of b, c/)
  })

  it("[RA9] does not count a learner", () => {
    const cloud = written()
    cloud.a.raft.configuration = { ...withVoters(["a", "b"]), learners: ["c"] }
    cloud.c.disk.list = entries(1, 2)
    assert.match(cloud.stepped(cloud.a)!, /not on the disks of b$/)
  })

  it("[RA9] counts a voter that kept its promise until its disk was lost", () => {
    const cloud = written()
    cloud.b.id = "b/2"
    const { disk } = new HandMade(committedIsDurable).b
    disk.list = entries(1, 2)
    cloud.diskLost(cloud.b, "b", disk)
    assert.isUndefined(cloud.stepped(cloud.a))
  })

  it("[RA9] does not count a lost disk for an entry that is younger than the loss, or another", () => {
    for (const held of [entries(1), entries(1, 1)]) {
      const cloud = written()
      cloud.b.id = "b/2"
      const { disk } = new HandMade(committedIsDurable).b
      disk.list = held
      cloud.diskLost(cloud.b, "b", disk)
      assert.match(cloud.stepped(cloud.a)!, /not on the disks of b, c/)
    }
  })

  it("[RA9] finds a disk that loses it when a quorum is without it then", () => {
    const cloud = written()
    cloud.b.disk.list = entries(1, 2)
    cloud.stepped(cloud.a)
    cloud.c.disk.list = entries(1, 1)
    assert.isUndefined(cloud.synced(cloud.c))
    cloud.b.disk.list = []
    assert.match(cloud.synced(cloud.b)!, /with the disk of b, a quorum is without/)
  })

  it("[RA9] lets a disk be lost together with its id", () => {
    const cloud = written()
    cloud.b.disk.list = entries(1, 2)
    cloud.stepped(cloud.a)
    cloud.b.id = "b/2"
    cloud.b.disk.list = []
    assert.isUndefined(cloud.diskLost(cloud.b, "b"))
    cloud.b.id = "b"
    assert.match(cloud.diskLost(cloud.b, "b")!, /a quorum is without/)
  })

  it("[RA9] finds a node that takes another term's entry on its disk for the one in its log", () => {
    const cloud = written()
    const { raft, disk } = cloud.b
    raft.log.list = entries(1, 2)
    disk.list = entries(1, 1)
    raft.log.durable = 1
    assert.isUndefined(cloud.stepped(cloud.b, { _tag: "Persisted", batch: 1 }))
    raft.log.durable = 2
    assert.match(
      cloud.stepped(cloud.b, { _tag: "Persisted", batch: 2 })!,
      /takes entry 2 of term 2 for durable, and its disk has 1 there/
    )
  })
})

const written = () => {
  const cloud = new HandMade(committedIsDurable)
  cloud.a.raft.lead(2, 1, 2)
  cloud.a.raft.log.commit = 2
  cloud.a.disk.list = entries(1, 2)
  return cloud
}
