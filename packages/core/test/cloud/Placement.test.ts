import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { NodeView } from "../../src/cloud/pure/NodeTable.ts"
import * as Placement from "../../src/cloud/pure/Placement.ts"
import type { NodeId, UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import { nodeId, reportOf, seeded, service } from "./support.ts"

const viewOf = (
  node: number | string,
  options: Parameters<typeof reportOf>[1] & Partial<Pick<NodeView, "status" | "heardAtMs">> = {}
): NodeView => {
  const { heardAtMs = 0, status = "up", ...report } = options
  return { info: reportOf(node, report), collections: [], status, heardAtMs }
}

const busy = (inFlight: number): Pick<UpdateInfo, "load"> => ({
  load: { inFlight, queued: 0, eventLoopP99Ms: 0, heapRatio: 0 }
})

const never = new Set<NodeId>()

/** Places requests of "Work" in a world of which the test tells the time. */
const world = (seed = 1) => {
  const state = Placement.make()
  const random = seeded(seed)
  const common = { service: "Work", nowMs: 0 }
  return {
    at: (nowMs: number) => (common.nowMs = nowMs),
    choose: (candidates: ReadonlyArray<NodeView>, exclude: ReadonlySet<NodeId> = never) =>
      Placement.choose(state, { ...common, random, candidates, exclude }),
    chooseAfterProbe: (nodes: Placement.Pair) =>
      Placement.chooseAfterProbe(state, { ...common, random, nodes }),
    start: (node: NodeId) => Placement.started(state, { ...common, node }),
    finish: (node: NodeId, outcome: Placement.Outcome["_tag"], tookMs = 30, retryAfterMs = 500) => {
      const ended = { ...common, node, tookMs }
      Placement.finished(state, { ...ended, outcome: { _tag: outcome, retryAfterMs } })
    },
    observe: (node: NodeId, inFlight: number, meanMs = 30) =>
      Placement.observed(state, { ...common, node, load: { inFlight, queued: 0 }, meanMs })
  }
}
type World = ReturnType<typeof world>

const serve = (w: World, node: NodeId, outcome: Placement.Outcome["_tag"], tookMs = 30) => {
  w.start(node)
  w.finish(node, outcome, tookMs)
}
const nodeOf = (choice: Placement.Choice) => {
  if (choice._tag !== "Chosen") throw new Error(`expected a node, got ${choice._tag}`)
  return choice.node
}
/** Who gets `n` requests that end at once, without a sample. */
const countsOf = (w: World, views: ReadonlyArray<NodeView>, n: number) => {
  const counts = new Map(views.map(({ info }) => [info.node, 0]))
  for (let i = 0; i < n; i++) {
    const node = nodeOf(w.choose(views))
    counts.set(node, counts.get(node)! + 1)
    serve(w, node, "Refused")
  }
  return [...counts.values()]
}

const views = (n: number) => Array.from({ length: n }, (_, node) => viewOf(node))
const fail = (w: World, node: NodeId, times: number) => {
  for (let i = 0; i < times; i++) serve(w, node, "Failed", 1)
}
const chosen = (w: World, from: ReadonlyArray<NodeView>, n = 200) =>
  new Set(Array.from({ length: n }, () => nodeOf(w.choose(from))))

const pair = (options: Parameters<typeof viewOf>[1] = {}): Placement.Pair => [
  viewOf("a", { ...busy(9), ...options }),
  viewOf("b", options)
]

const [A, B] = [nodeId("a"), nodeId("b")]

describe("who may be chosen", () => {
  const unfit = [
    viewOf("draining", { state: "draining" }),
    viewOf("catching-up", { state: "catchingUp" }),
    viewOf("down", { status: "down", heardAtMs: -12_000 }),
    viewOf("other", { services: [service("Other")] }),
    viewOf("tried")
  ]
  const tried = new Set([nodeId("tried")])

  it("[CL1] a request goes only to a ready node that offers the service", () => {
    const w = world()
    for (let i = 0; i < 100; i++) {
      const views = [...unfit, viewOf("a"), viewOf("b")]
      assert.include([A, B], nodeOf(w.choose(views, tried)))
    }
  })

  it("[CL1] without such a node, it is said why each one was not taken", () => {
    assert.deepStrictEqual(world().choose(unfit, tried), {
      _tag: "None",
      tried: [
        { node: nodeId("draining"), why: "is draining" },
        { node: nodeId("catching-up"), why: "is catchingUp" },
        { node: nodeId("down"), why: "is silent for 12 s" },
        { node: nodeId("other"), why: "does not offer it" },
        { node: nodeId("tried"), why: "was tried already" }
      ],
      retryAfterMs: undefined
    })
  })

  it("[CL1] a suspect node is used only if nothing else is left", () => {
    const w = world()
    const suspect = viewOf("b", { status: "suspect" })
    for (let i = 0; i < 50; i++) assert.strictEqual(nodeOf(w.choose([viewOf("a"), suspect])), A)
    assert.strictEqual(nodeOf(w.choose([viewOf("a"), suspect], new Set([A]))), B)
  })

  it("[CL1] a node that is full is left out until it has room", () => {
    const w = world()
    serve(w, A, "Overloaded")
    for (let i = 0; i < 50; i++) {
      assert.strictEqual(nodeOf(w.choose([viewOf("a"), viewOf("b")])), B)
    }
    w.at(100)
    assert.deepStrictEqual(w.choose([viewOf("a")]), {
      _tag: "None",
      tried: [{ node: A, why: "is full for another 400 ms" }],
      retryAfterMs: 400
    })
    w.at(500)
    assert.strictEqual(nodeOf(w.choose([viewOf("a")])), A)
  })

  it("[CL1] a node is left out for at most 30 s, whatever it asks for", () => {
    const w = world()
    w.start(A)
    w.finish(A, "Overloaded", 1, 1e12)
    w.at(30_000)
    assert.strictEqual(nodeOf(w.choose([viewOf("a")])), A)
  })
})

describe("two candidates", () => {
  it("[CL2] the lower score of two distinct candidates wins", () => {
    const views = [viewOf("a", busy(9)), viewOf("b", busy(10)), viewOf("c", busy(11))]
    const [a, b, c] = countsOf(world(), views, 3_000)
    assert.strictEqual(c, 0, "the last of three never is the better of two")
    assert.approximately(a! / 3_000, 2 / 3, 0.03)
    assert.approximately(b! / 3_000, 1 / 3, 0.03)
  })

  it("[CL2] candidates are drawn by capacity", () => {
    // Loads in proportion to capacity: every score is equal, so the draw alone decides.
    const views = [viewOf("a", busy(1)), viewOf("b", { ...busy(5), capacity: 3 })]
    const drawn = views.concat(viewOf("c", { ...busy(7), capacity: 4 }))
    const counts = countsOf(world(), drawn, 8_000)
    assert.isBelow(counts[0]!, 1_600, "an even draw would give it a third")
    assert.isAbove(counts[2]!, 3_200)
  })

  it("[CL2] own requests count at once, and no longer when they end", () => {
    const w = world()
    const views = [viewOf("a"), viewOf("b")]
    for (let i = 0; i < 10; i++) {
      const first = nodeOf(w.choose(views))
      w.start(first)
      const second = nodeOf(w.choose(views))
      assert.notStrictEqual(first, second)
      w.start(second)
    }
    for (let i = 0; i < 10; i++) w.finish(A, "Refused")
    assert.strictEqual(nodeOf(w.choose(views)), A)
  })

  it("[CL2] a slower node needs less load to lose", () => {
    const w = world()
    serve(w, A, "Answered", 30)
    serve(w, B, "Answered", 90)
    const choose = (inFlight: number) =>
      nodeOf(w.choose([viewOf("a", busy(inFlight)), viewOf("b")]))
    assert.strictEqual(choose(1), A)
    assert.strictEqual(choose(3), B)
  })

  it("[CL2] equal nodes are taken by chance", () => {
    const [a, b] = countsOf(world(), [viewOf("a"), viewOf("b")], 2_000)
    assert.approximately(a! / (a! + b!), 0.5, 0.05)
  })
})

describe("old reports", () => {
  it("[CL3] a report older than 5 mean service times is replaced by a question to both", () => {
    const w = world()
    w.at(150)
    assert.strictEqual(nodeOf(w.choose(pair())), B)
    w.at(151)
    const choice = w.choose(pair())
    assert.strictEqual(choice._tag, "Probe")
    if (choice._tag !== "Probe") return
    assert.deepStrictEqual(choice.nodes.map(({ info }) => info.node).toSorted(), [A, B])
    assert.strictEqual(choice.waitMs, 15)
    w.observe(A, 1)
    w.observe(B, 2)
    assert.strictEqual(w.chooseAfterProbe(choice.nodes), A)
    assert.strictEqual(nodeOf(w.choose(pair())), A, "the answers count as reports")
  })

  it("[CL3] a question takes at most 20 ms", () => {
    const w = world()
    w.at(5_001)
    const choice = w.choose(pair({ meanMs: 60_000 }))
    assert.strictEqual(choice._tag === "Probe" ? choice.waitMs : undefined, 20)
  })

  it("[CL3] without both answers, own requests decide", () => {
    const w = world()
    w.at(1_000)
    w.start(A)
    w.observe(B, 50)
    assert.strictEqual(w.chooseAfterProbe(pair()), B)
    const [a, b] = pair()
    assert.strictEqual(w.chooseAfterProbe([b, a]), B, "whichever of them is silent")
  })

  it("[CL3] a service faster than 5 ms is never worth a question", () => {
    const w = world()
    w.at(100)
    const [a, b] = countsOf(w, pair({ meanMs: 4 }), 1_000)
    assert.approximately(a! / (a! + b!), 0.5, 0.06)
  })

  it("[CL3] a report older than 5 s counts as none, also when the service is not known yet", () => {
    const w = world()
    w.at(5_000)
    assert.strictEqual(countsOf(w, pair({ meanMs: 0 }), 200)[0], 0)
    w.at(5_001)
    assert.isAbove(countsOf(w, pair({ meanMs: 0 }), 200)[0]!, 60)
  })

  it("[CL3] a report of the table counts again when it is newer than the last reply", () => {
    const w = world()
    w.observe(A, 0)
    w.observe(B, 1)
    assert.strictEqual(nodeOf(w.choose(pair({ heardAtMs: -1 }))), A)
    w.at(10)
    assert.strictEqual(nodeOf(w.choose(pair({ heardAtMs: 5 }))), B)
  })
})

describe("nodes that fail", () => {
  it("[CL6] five failures in a row leave a node out for 1 s, doubling to 30 s", () => {
    const w = world()
    const node = nodeId(0)
    let nowMs = 0
    fail(w, node, 5)
    for (const outMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const fresh = () => views(3).map((view) => ({ ...view, heardAtMs: nowMs }))
      w.at((nowMs += outMs - 1))
      assert.isFalse(chosen(w, fresh()).has(node))
      w.at((nowMs += 1))
      assert.strictEqual(nodeOf(w.choose(fresh())), node, "the next request is its trial")
      w.start(node)
      assert.isFalse(chosen(w, fresh()).has(node), "one trial at a time")
      w.finish(node, "Failed", 1)
    }
  })

  it("[CL6] an answer to its trial brings a node back", () => {
    const w = world()
    fail(w, nodeId(0), 5)
    w.at(1_000)
    const fresh = views(2).map((view) => ({ ...view, heardAtMs: 1_000 }))
    serve(w, nodeOf(w.choose(fresh)), "Answered")
    fail(w, nodeId(0), 4)
    w.start(nodeId(1))
    for (let i = 0; i < 40; i++) w.start(nodeId(1))
    assert.strictEqual(nodeOf(w.choose(fresh)), nodeId(0))
  })

  it("[CL6] a trial that says nothing is followed by another", () => {
    const w = world()
    fail(w, nodeId(0), 5)
    w.at(1_000)
    const fresh = views(2).map((view) => ({ ...view, heardAtMs: 1_000 }))
    serve(w, nodeOf(w.choose(fresh)), "Refused")
    assert.strictEqual(nodeOf(w.choose(fresh)), nodeId(0))
  })

  it("[CL6] failures of older requests do not prolong the time out", () => {
    const w = world()
    fail(w, nodeId(0), 50)
    w.at(1_000)
    const fresh = views(2).map((view) => ({ ...view, heardAtMs: 1_000 }))
    assert.strictEqual(nodeOf(w.choose(fresh)), nodeId(0))
  })

  it("[CL6] never more than half of the nodes are left out", () => {
    for (const n of [1, 2, 3, 4, 5]) {
      const w = world()
      for (let node = 0; node < n; node++) fail(w, nodeId(node), 5)
      assert.strictEqual(chosen(w, views(n), 2_000).size, n - Math.floor(n / 2), `${n} nodes`)
    }
  })

  it("[CL6] the node that fails fast does not look fast", () => {
    const w = world()
    serve(w, nodeId(0), "Failed", 1)
    serve(w, nodeId(1), "Answered", 300)
    assert.deepStrictEqual([...chosen(w, views(2))], [nodeId(1)])
  })

  it("[CL6] a node that fails in one service still serves the others", () => {
    const w = world()
    fail(w, nodeId(0), 5)
    const state = Placement.make()
    for (let i = 0; i < 5; i++) {
      const failed = { service: "Broken", node: nodeId(0), nowMs: 0 }
      Placement.started(state, failed)
      Placement.finished(state, { ...failed, outcome: { _tag: "Failed" }, tookMs: 1 })
    }
    const random = seeded(1)
    const seen = Array.from({ length: 50 }, () =>
      nodeOf(
        Placement.choose(state, {
          service: "Work",
          nowMs: 0,
          random,
          candidates: views(2),
          exclude: never
        })
      )
    )
    assert.include(seen, nodeId(0))
  })
})

it.prop(
  "[CL1] whatever happened before, a fit node is found if there is one, and none else is taken",
  { seed: Schema.Int },
  ({ seed }) => {
    const random = seeded(seed)
    const below = (n: number) => Math.floor(random() * n)
    const pick = <A>(items: ReadonlyArray<A>) => items[below(items.length)]!
    const w = world(seed)
    const running: Array<NodeId> = []
    for (let nowMs = 0; nowMs < 20_000; nowMs += below(300)) {
      w.at(nowMs)
      const candidates = Array.from({ length: below(5) }, (_, node) =>
        viewOf(node, {
          ...busy(below(9)),
          state: pick(["ready", "ready", "draining"]),
          status: pick(["up", "up", "suspect", "down"]),
          heardAtMs: nowMs - below(6_000)
        })
      )
      const exclude = new Set(random() < 0.2 ? [nodeId(0)] : [])
      const choice = w.choose(candidates, exclude)
      const fit = candidates.filter(
        ({ info, status }) => info.state === "ready" && status !== "down" && !exclude.has(info.node)
      )
      const best = fit.some(({ status }) => status === "up") ? "up" : "suspect"
      const okay = (node: NodeId) => fit.some(({ info }) => info.node === node)
      if (choice._tag === "None") {
        assert.strictEqual(choice.tried.length, candidates.length)
        assert.isTrue(fit.length === 0 || choice.retryAfterMs !== undefined)
      } else if (choice._tag === "Probe") {
        const [a, b] = choice.nodes
        assert.notStrictEqual(a.info.node, b.info.node)
        assert.isTrue(okay(a.info.node) && okay(b.info.node))
      } else {
        assert.isTrue(okay(choice.node))
        if (best === "suspect") assert.isAbove(fit.length, 0)
        w.start(choice.node)
        running.push(choice.node)
      }
      if (running.length > below(5)) {
        const outcome = pick(["Answered", "Failed", "Failed", "Overloaded", "Refused"] as const)
        w.finish(running.shift()!, outcome, below(100), below(2_000))
      }
    }
  }
)

it("forgets a node that got no request for ten minutes", () => {
  const state = Placement.make()
  const common = { service: "Work", node: A, nowMs: 0 }
  const busyNode = { ...common, node: B }
  Placement.started(state, common)
  Placement.started(state, busyNode)
  Placement.finished(state, { ...common, outcome: { _tag: "Answered" }, tookMs: 1 })
  const random = seeded(1)
  const later = { service: "Work", nowMs: 700_000, random, candidates: [], exclude: never }
  Placement.choose(state, later)
  assert.deepStrictEqual([...state.peers.keys()], [B], "what runs is remembered")
  assert.deepStrictEqual([...state.services.get("Work")!.nodes.keys()], [B])
})
