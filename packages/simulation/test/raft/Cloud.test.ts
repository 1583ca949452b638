import { assert, describe, it } from "@effect/vitest"
import { defaults } from "@distri/raft/RaftConfig"
import type { Heartbeat, Snap } from "@distri/raft/Message"
import { Cloud } from "../../src/raft/Cloud.ts"
import type { Partition } from "../../src/raft/Fault.ts"
import { Journal } from "../../src/raft/Journal.ts"
import { drawProfile } from "../../src/raft/Profile.ts"

const heartbeat: Heartbeat = {
  _tag: "Heartbeat",
  from: "n1/1",
  to: "n2/1",
  term: 1,
  commit: 0,
  read: 0
}

const cut: Partition = { kind: "partition", at: 0, forMs: 1, shape: "split", nodes: ["n2"] }

/** How long three snapshots take from n1 to n3, after so many messages over a link that is cut or not. */
const transfers = (messages: number, isCut: boolean): ReadonlyArray<number> => {
  const cloud = new Cloud({
    seed: 1,
    founders: 3,
    spares: 0,
    profile: { ...drawProfile(1), transferMinMs: 1_000_000, transferMaxMs: 9_000_000 },
    config: defaults,
    breaks: {},
    journal: new Journal([], 10_000)
  })
  const [from] = cloud.nodes
  for (const node of cloud.nodes) node.start()
  if (isCut) cloud.network.begin(cut)
  for (let sent = 0; sent < messages; sent++) cloud.send(from!, heartbeat)
  if (isCut) cloud.network.end(cut)
  const times: Array<number> = []
  const { heap } = cloud
  const set = heap.set.bind(heap)
  heap.set = (atMs, task) => {
    times.push(atMs)
    set(atMs, task)
  }
  const { snapshot } = cloud.founding
  const snap: Snap = { _tag: "Snap", from: "n1/1", to: "n3/1", term: 1, snapshot }
  for (let sent = 0; sent < 3; sent++) cloud.send(from!, snap)
  return times
}

describe("Cloud", () => {
  it("[SIM6] draws for snapshots the same, whatever happened to messages on other links", () => {
    const all = transfers(100, true)
    assert.strictEqual(new Set(all).size, 3)
    assert.deepStrictEqual(transfers(100, false), all)
    assert.deepStrictEqual(transfers(0, false), all)
  })
})
