import { assert, describe, it } from "@effect/vitest"
import { atomicBatches } from "../../../src/raft/invariants/atomicBatches.ts"
import { batch, entries, entry, HandMade } from "../HandMade.ts"

describe("atomicBatches", () => {
  it("[RA16] says nothing about entries with the commit index of their moment", () => {
    const cloud = started()
    const { log } = cloud.a.raft
    log.list = entries(1, 1)
    log.commit = 1
    const hardState = { term: 1, vote: undefined, commit: 1 }
    assert.isUndefined(cloud.took(cloud.a, batch({ entries: log.list, hardState })))
  })

  it("[RA16] finds entries that are written with an older commit index", () => {
    const cloud = started()
    const { log } = cloud.a.raft
    log.list = entries(1, 1)
    log.commit = 1
    assert.match(cloud.took(cloud.a, batch({ entries: log.list }))!, /with commit 0, and has 1/)
  })

  it("[RA16] lets a disk come back as any batch left it that was not synced yet", () => {
    for (const kept of [0, 1, 2]) {
      const cloud = started()
      for (const number of [1, 2]) {
        cloud.a.raft.log.list.push(entry(number, 1))
        cloud.took(cloud.a, batch({ batch: number }))
      }
      cloud.a.disk.list = entries(1, 1).slice(0, kept)
      assert.isUndefined(cloud.started(cloud.a))
    }
  })

  it("[RA16] finds a disk that comes back with a part of a batch", () => {
    const cloud = started()
    cloud.a.raft.log.list = entries(1, 1)
    cloud.took(cloud.a, batch({ entries: cloud.a.raft.log.list }))
    cloud.a.disk.list = entries(1)
    assert.match(cloud.started(cloud.a)!, /a part of a batch, up to 1/)
  })

  it("[RA16] lets a disk be lost, and begin anew", () => {
    const cloud = started()
    cloud.a.raft.log.list = entries(1, 1)
    const written = batch({ entries: cloud.a.raft.log.list })
    cloud.took(cloud.a, written)
    cloud.synced(cloud.a, written)
    assert.isUndefined(cloud.diskLost(cloud.a, "a"))
    assert.isUndefined(cloud.started(cloud.a))
  })

  it("[RA16] finds a disk that comes back without what was synced", () => {
    const cloud = started()
    cloud.a.raft.log.list = entries(1, 1)
    const written = batch({ entries: cloud.a.raft.log.list })
    cloud.took(cloud.a, written)
    cloud.synced(cloud.a, written)
    assert.match(cloud.started(cloud.a)!, /a part of a batch, up to 0/)
  })

  it("[RA16] finds a disk that comes back with entries, and the vote from before them", () => {
    const cloud = started()
    cloud.a.raft.log.list = entries(2)
    const hardState = { term: 2, vote: "b", commit: 0 }
    cloud.took(cloud.a, batch({ entries: cloud.a.raft.log.list, hardState }))
    cloud.a.disk.list = entries(2)
    assert.match(cloud.started(cloud.a)!, /a part of a batch/)
  })
})

const started = () => {
  const cloud = new HandMade(atomicBatches)
  cloud.started(cloud.a)
  return cloud
}
