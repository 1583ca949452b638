import { assert, describe, it } from "@effect/vitest"
import { EventHeap } from "../../src/raft/EventHeap.ts"
import type { Partition } from "../../src/raft/Fault.ts"
import { Network } from "../../src/raft/Network.ts"
import { drawProfile, type Profile } from "../../src/raft/Profile.ts"

const names = ["n1", "n2", "n3", "n4"]
const quiet: Profile = {
  ...drawProfile(1),
  lossRatio: 0,
  duplicateRatio: 0,
  stragglerRatio: 0
}

interface Arrival {
  readonly atMs: number
  readonly to: number
  readonly message: string
}

const cloud = (profile: Profile) => {
  const heap = new EventHeap()
  const arrivals: Array<Arrival> = []
  let nowMs = 0
  const network = new Network<string>(1, names, profile, heap, (to, message) =>
    arrivals.push({ atMs: nowMs, to, message })
  )
  const run = (): ReadonlyArray<Arrival> => {
    while (heap.size > 0) {
      nowMs = heap.nextMs
      heap.take()()
    }
    return arrivals.splice(0)
  }
  return { network, run }
}

const partition = (shape: Partition["shape"], ...nodes: ReadonlyArray<string>): Partition => ({
  kind: "partition",
  at: 0,
  forMs: 1,
  shape,
  nodes
})

/** "from>to" of all links on which a message arrives. */
const openLinks = (fault: Partition): ReadonlyArray<string> => {
  const { network, run } = cloud(quiet)
  network.begin(fault)
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++)
      if (from !== to) network.send(0, from, to, `${from + 1}>${to + 1}`)
  }
  return run()
    .map(({ message }) => message)
    .toSorted()
}

describe("Network", () => {
  it("[SIM5] loses nothing, repeats nothing and brings it to whom it is for, with all faults off", () => {
    const { network, run } = cloud(quiet)
    for (let sent = 0; sent < 1_000; sent++) network.send(sent, sent % 3, 3, `m${sent}`)
    const arrived = run()
    assert.strictEqual(new Set(arrived.map(({ message }) => message)).size, 1_000)
    assert.strictEqual(arrived.length, 1_000)
    assert.isTrue(arrived.every(({ to }) => to === 3))
    assert.strictEqual(network.dropped, 0)
  })

  it("[SIM5] loses nothing after it is healed, however bad it was", () => {
    const { network, run } = cloud({ ...quiet, lossRatio: 0.5, duplicateRatio: 0.5 })
    network.heal()
    for (let sent = 0; sent < 500; sent++) network.send(sent, 0, 1, `m${sent}`)
    assert.strictEqual(run().length, 500)
  })

  it("loses, repeats and reorders as it is told to", () => {
    const { network, run } = cloud(quiet)
    const storm = { kind: "storm", at: 0, forMs: 1 } as const
    const loss = { ...storm, lossRatio: 0.5, duplicateRatio: 0, extraMs: 0 }
    network.begin(loss)
    for (let sent = 0; sent < 1_000; sent++) network.send(0, 0, 1, `m${sent}`)
    const left = run().length
    assert.isTrue(left > 420 && left < 580, String(left))
    network.end(loss)
    network.begin({ ...storm, lossRatio: 0, duplicateRatio: 0.5, extraMs: 1_000 })
    for (let sent = 0; sent < 1_000; sent++) network.send(0, 0, 1, `m${sent}`)
    const twice = run().map(({ message }) => message)
    assert.isTrue(twice.length > 1_420 && twice.length < 1_580, String(twice.length))
    assert.strictEqual(new Set(twice).size, 1_000)
    assert.notDeepEqual(
      twice,
      twice.toSorted((left1, right) => Number(left1.slice(1)) - Number(right.slice(1)))
    )
  })

  it("cuts off both directions, one direction, one node, or all but neighbours", () => {
    assert.deepStrictEqual(openLinks(partition("split", "n1", "n2")), ["1>2", "2>1", "3>4", "4>3"])
    assert.deepStrictEqual(openLinks(partition("split", "n1")), [
      "2>3",
      "2>4",
      "3>2",
      "3>4",
      "4>2",
      "4>3"
    ])
    assert.deepStrictEqual(
      openLinks(partition("oneWay", "n1")).filter((link) => link.includes("1")),
      ["2>1", "3>1", "4>1"]
    )
    assert.deepStrictEqual(openLinks(partition("ring", "n1", "n3", "n2", "n4")), [
      "1>3",
      "1>4",
      "2>3",
      "2>4",
      "3>1",
      "3>2",
      "4>1",
      "4>2"
    ])
  })

  it("carries again what was cut off twice only when both faults are over", () => {
    const { network, run } = cloud(quiet)
    const [first, second] = [partition("split", "n1"), partition("oneWay", "n1")]
    network.begin(first)
    network.begin(second)
    network.end(first)
    assert.isFalse(network.isOpen(0, 1))
    network.send(0, 0, 1, "lost")
    network.end(second)
    assert.isTrue(network.isOpen(0, 1))
    network.send(0, 0, 1, "carried")
    assert.deepStrictEqual(
      run().map(({ message }) => message),
      ["carried"]
    )
  })

  it("[SIM6] draws for each link on its own: traffic on one changes nothing on another", () => {
    const bad = { ...quiet, lossRatio: 0.3, duplicateRatio: 0.3 }
    const arrivalsOf = (isBusy: boolean) => {
      const { network, run } = cloud(bad)
      for (let sent = 0; sent < 200; sent++) {
        network.send(sent, 0, 1, `m${sent}`)
        if (isBusy) network.send(sent, 2, 1, "noise")
      }
      return run().filter(({ message }) => message !== "noise")
    }
    assert.deepStrictEqual(arrivalsOf(true), arrivalsOf(false))
  })

  it("has bad luck on each link by itself", () => {
    const { network, run } = cloud({ ...quiet, lossRatio: 0.5 })
    for (let sent = 0; sent < 100; sent++) {
      for (const from of [0, 2]) network.send(sent, from, 1, `${from}: ${sent}`)
    }
    const arrived = run().map(({ message }) => message)
    const of = (from: number) =>
      arrived.filter((message) => message.startsWith(`${from}`)).map((message) => message.slice(3))
    assert.notDeepEqual(of(0).toSorted(), of(2).toSorted())
  })
})
