/** The shell in small, as it shows in whole runs: the rules of the simulator itself are checked by invariants. */
import { assert, describe, it } from "@effect/vitest"
import type { Crash, CrashPoint, Fault } from "../../src/raft/Fault.ts"
import type { Invariant, WorldEvent } from "../../src/raft/Invariant.ts"
import type { RunOptions } from "../../src/raft/Report.ts"
import { run } from "../../src/raft/Simulation.ts"

type Tag = WorldEvent["_tag"]

const observer = (on: ReadonlyArray<Tag>, see: (event: WorldEvent, nowMs: number) => void) => {
  const invariant: Invariant = {
    rule: "test",
    title: "observer",
    on,
    make: () => (world, event) => {
      see(event, world.nowMs)
      return undefined
    }
  }
  return invariant
}

const ofNode: ReadonlyArray<Tag> = [
  "Stepped",
  "Took",
  "Sent",
  "Synced",
  "Applied",
  "SnapshotStored"
]

const short: RunOptions = { seed: 3, nodes: 3, durationMs: 10_000 }

const crash = (point: CrashPoint): Crash => ({
  kind: "crash",
  at: 5_000,
  node: "n1",
  point,
  downMs: 2_000,
  keepRatio: 0,
  isTorn: false,
  losesDisk: false
})

/** What founder n1 did last before it crashed at that point. */
const lastBefore = (point: CrashPoint): Tag | undefined => {
  let last: Tag | undefined
  let atCrash: Tag | undefined
  const see = observer([...ofNode, "Crashed"], (event) => {
    if (!("node" in event) || event.node.name !== "n1") return
    if (event._tag === "Crashed") atCrash = last
    last = event._tag
  })
  // Founder n1 is made the leader, so that it has something to write, to send and to answer.
  const faults: ReadonlyArray<Fault> = [
    { kind: "transfer", at: 4_000, node: "n2", peer: "n1" },
    { kind: "transfer", at: 4_000, node: "n3", peer: "n1" },
    crash(point)
  ]
  assert.isUndefined(run({ ...short, faults, clients: 5, invariants: [see] }).broken)
  return atCrash
}

const lost = (at: number, node: string): Crash => ({ ...crash("now"), at, node, losesDisk: true })

describe("Process", () => {
  it("[SIM3] does nothing between a crash and the next start", () => {
    let crashes = 0
    for (let seed = 1; seed <= 12; seed++) {
      const down = new Set<string>()
      const never = observer([...ofNode, "Crashed", "Started"], (event) => {
        if (!("node" in event)) return
        const { name } = event.node
        if (event._tag === "Crashed") {
          crashes++
          down.add(name)
        } else if (event._tag === "Started") down.delete(name)
        else assert.isFalse(down.has(name), `${name} ${event._tag} after its crash`)
      })
      assert.isUndefined(run({ ...short, seed, invariants: [never] }).broken)
    }
    assert.isAbove(crashes, 20)
  })

  it("crashes at the point that the fault names", () => {
    assert.strictEqual(lastBefore("beforeWrite"), "Took")
    assert.strictEqual(lastBefore("afterSync"), "Synced")
    assert.strictEqual(lastBefore("betweenSends"), "Sent")
    assert.strictEqual(lastBefore("beforeAnswer"), "Applied")
  })

  it("[SIM4] comes back with all that was synced before the crash", () => {
    let atCrash: number | undefined
    let atStart: number | undefined
    const see = observer(["Crashed", "Started"], (event, nowMs) => {
      if (!("node" in event) || nowMs === 0) return
      if (event._tag === "Crashed") atCrash = event.node.disk.lastIndex
      if (event._tag === "Started") atStart = event.node.raft!.log.lastIndex
    })
    run({ ...short, faults: [crash("now")], invariants: [see] })
    assert.isAbove(atCrash!, 1)
    assert.strictEqual(atStart, atCrash)
  })

  it("takes one tick for all that it missed in a pause, after the messages that waited", () => {
    const pause: Fault = { kind: "pause", at: 5_000, forMs: 900, node: "n1" }
    const seen: Array<string> = []
    const see = observer(["Stepped"], (event, nowMs) => {
      if (event._tag !== "Stepped" || event.node.name !== "n1") return
      assert.isTrue(nowMs <= 5_000 || nowMs >= 5_900, "a paused process does nothing")
      if (nowMs === 5_900) seen.push(event.event._tag)
    })
    run({ ...short, faults: [pause], invariants: [see] })
    assert.include(seen, "Received")
    assert.strictEqual(seen.filter((tag) => tag === "Ticked").length, 1)
    assert.isAbove(seen.lastIndexOf("Ticked"), seen.lastIndexOf("Received"))
  })

  it("crashes the next machine that runs when the named one is down", () => {
    const crashed: Array<string> = []
    const see = observer(["Crashed"], (event) => {
      if ("node" in event) crashed.push(event.node.name)
    })
    const again = [crash("now"), { ...crash("now"), at: 5_001 }]
    run({ ...short, faults: again, invariants: [see] })
    assert.deepStrictEqual(crashed, ["n1", "n2"])
    crashed.length = 0
    const spare = { ...crash("now"), node: "n5" }
    run({ ...short, faults: [spare], invariants: [see] })
    assert.deepStrictEqual(crashed, ["n1"])
  })

  it("runs again when the last of several pauses has ended, and a pause ends with its life", () => {
    const steps: Array<number> = []
    const see = observer(["Stepped"], (event, nowMs) => {
      if (event._tag === "Stepped" && event.node.name === "n1") steps.push(nowMs)
    })
    const during = (from: number, to: number) =>
      steps.splice(0).filter((at) => at > from && at < to).length
    const long: Fault = { kind: "pause", at: 5_000, forMs: 2_000, node: "n1" }
    const inner: Fault = { kind: "pause", at: 5_500, forMs: 500, node: "n1" }
    run({ ...short, faults: [long, inner], invariants: [see] })
    assert.strictEqual(during(5_000, 7_000), 0)
    const restart = { ...crash("now"), at: 5_200, downMs: 100 }
    const later: Fault = { ...inner, forMs: 3_000 }
    run({ ...short, faults: [long, restart, later], invariants: [see] })
    const all = [...steps]
    assert.isAbove(during(5_300, 5_500), 0)
    assert.strictEqual(all.filter((at) => at > 5_500 && at < 8_500).length, 0)
  })

  it("has a disk as slow as all faults together make it", () => {
    const syncs: Array<number> = []
    const see = observer(["Synced"], (event, nowMs) => {
      if (event._tag === "Synced" && event.node.name === "n1") syncs.push(nowMs)
    })
    const outer: Fault = { kind: "slowDisk", at: 3_000, forMs: 6_000, node: "n1", syncMs: 2_500 }
    const inner: Fault = { kind: "slowDisk", at: 3_500, forMs: 500, node: "n1", syncMs: 30 }
    const rare = (faults: ReadonlyArray<Fault>) => {
      syncs.length = 0
      run({ ...short, faults, invariants: [see] })
      return new Set(syncs.filter((at) => at > 4_000 && at < 9_000)).size
    }
    assert.isAtMost(rare([outer, inner]), 2)
    assert.isAbove(rare([inner]), 2)
  })

  it("comes back under another id when its disk is lost, and is a voter again in the end", () => {
    let id = ""
    let voters: ReadonlyArray<string> = []
    const see = observer(["DiskLost", "Ended"], (event) => {
      if (event._tag === "DiskLost") id = event.id
    })
    const end: Invariant = {
      ...see,
      on: ["Ended"],
      make: () => (world) => {
        voters = world.nodes.find(({ raft }) => raft?.role === "leader")!.raft!.configuration.voters
        assert.isUndefined(world.node("n1/1"))
        return undefined
      }
    }
    const report = run({
      ...short,
      durationMs: 20_000,
      faults: [lost(5_000, "n1")],
      invariants: [see, end]
    })
    assert.isUndefined(report.broken)
    assert.strictEqual(report.stats.disksLost, 1)
    assert.strictEqual(id, "n1/1")
    assert.deepStrictEqual(voters, ["n1/2", "n2/1", "n3/1"])
  })

  it("does not lose a disk that the cloud cannot do without", () => {
    const faults = [lost(5_000, "n1"), lost(5_001, "n2"), lost(5_002, "n3")]
    const report = run({ ...short, faults })
    assert.isUndefined(report.broken)
    assert.strictEqual(report.stats.crashes, 3)
    assert.strictEqual(report.stats.disksLost, 1)
  })
})
