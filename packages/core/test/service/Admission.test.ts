import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Admission from "../../src/service/pure/Admission.ts"
import { Overloaded } from "../../src/service/Refusal.ts"

const limits: Admission.Limits = {
  ...Admission.defaultLimits,
  queueMax: 3,
  waitingMax: 5,
  heldBytesMax: 1000,
  bodyBytesMax: 400,
  connectionMax: 4,
  connectionWaitsMax: 6
}

const ready = (overrides: Partial<Admission.Limits> = {}) => {
  const state = Admission.make(
    [
      { service: "Slow", concurrency: 1, counted: true },
      { service: "Wide", concurrency: 2, counted: true },
      { service: "Stats", concurrency: 256, counted: false },
      { service: "Watch", concurrency: 3, counted: true, waits: true }
    ],
    { ...limits, ...overrides }
  )
  Admission.open(state)
  return state
}

const arrival = (id: number, overrides: Partial<Admission.Arrival> = {}): Admission.Arrival => ({
  id,
  connection: id,
  trusted: false,
  service: "Slow",
  bytes: 10,
  remainingMs: 1000,
  nowMs: 0,
  heapRatio: 0,
  eventLoopP99Ms: 0,
  ...overrides
})

const take = (state: Admission.State, id: number, overrides: Partial<Admission.Arrival> = {}) => {
  const verdict = Admission.arrive(state, arrival(id, overrides))
  assert.strictEqual(verdict._tag, "Accepted")
  return Admission.uploaded(state, id, overrides.nowMs ?? 0)
}

describe("Admission", () => {
  it("starts requests first come, first served, as many as the service allows", () => {
    const state = ready()
    assert.deepStrictEqual(take(state, 1), [{ _tag: "Start", id: 1 }])
    assert.deepStrictEqual(take(state, 2), [])
    assert.deepStrictEqual(take(state, 3), [])
    assert.deepStrictEqual(Admission.finished(state, 1, true, 5), [{ _tag: "Start", id: 2 }])
    assert.deepStrictEqual(Admission.finished(state, 2, true, 9), [{ _tag: "Start", id: 3 }])
  })

  it("one service's queue does not hold up another's", () => {
    const state = ready()
    for (const id of [1, 2, 3]) take(state, id)
    assert.deepStrictEqual(take(state, 4, { service: "Wide" }), [{ _tag: "Start", id: 4 }])
  })

  it.each<readonly [string, Partial<Admission.Arrival>, string]>([
    ["a body over the limit", { bytes: 401 }, "BodyTooLarge"],
    ["no time left", { remainingMs: 0 }, "DeadlineExceeded"],
    ["a full heap", { heapRatio: 0.9 }, "memory"],
    ["a slow event loop", { eventLoopP99Ms: 300 }, "eventLoop"],
    ["a full queue", { connection: 99 }, "queue"]
  ])("[CL9] refuses %s, and holds nothing for it", (_, overrides, expected) => {
    const state = ready()
    for (const id of [1, 2, 3, 4]) take(state, id)
    const held = state.heldBytes
    const verdict = Admission.arrive(state, arrival(5, overrides))
    const reason =
      verdict._tag === "Overloaded" ? verdict.reason : "why" in verdict ? verdict.why : ""
    assert.strictEqual(reason, expected)
    assert.strictEqual(state.heldBytes, held)
    assert.isFalse(state.tickets.has(5))
  })

  it("[CL10] refuses a body that the node has no memory for", () => {
    const state = ready()
    for (const id of [1, 2]) take(state, id, { bytes: 400 })
    const verdict = Admission.arrive(state, arrival(3, { bytes: 400 }))
    assert.deepInclude(verdict, { _tag: "Overloaded", reason: "memory" })
  })

  it("[CL10] a request holds its memory until its answer has left", () => {
    const state = ready()
    take(state, 1, { bytes: 400 })
    Admission.finished(state, 1, true, 1)
    assert.strictEqual(state.heldBytes, 400)
    Admission.released(state, 1)
    assert.strictEqual(state.heldBytes, 0)
    assert.strictEqual(state.accounts.size, 0)
  })

  it("[CL10] answers that nobody reads count against new requests", () => {
    const state = ready()
    take(state, 1, { bytes: 10 })
    Admission.finished(state, 1, true, 1, 995)
    const verdict = Admission.arrive(state, arrival(2))
    assert.deepInclude(verdict, { _tag: "Overloaded", reason: "memory" })
    Admission.released(state, 1)
    assert.deepInclude(Admission.arrive(state, arrival(3)), { _tag: "Accepted" })
  })

  it("[CL10] an expired request never starts", () => {
    const state = ready()
    take(state, 1, { remainingMs: 5000 })
    take(state, 2, { remainingMs: 10 })
    const commands = Admission.finished(state, 1, true, 100)
    assert.deepStrictEqual(commands, [{ _tag: "Answer", id: 2, why: "DeadlineExceeded" }])
  })

  it("a tick answers what waits too long and interrupts what runs too long", () => {
    const state = ready()
    take(state, 1, { remainingMs: 10 })
    take(state, 2, { remainingMs: 20 })
    assert.deepStrictEqual(Admission.tick(state, 9), [])
    assert.deepStrictEqual(Admission.tick(state, 30), [
      { _tag: "Interrupt", id: 1, why: "deadline" },
      { _tag: "Answer", id: 2, why: "DeadlineExceeded" }
    ])
    assert.deepStrictEqual(Admission.tick(state, 40), [])
    Admission.finished(state, 1, false, 41)
    assert.strictEqual(state.counters.failed, 2)
  })

  it("[CL18] a draining node hands back what waits, lets run what runs, and starts nothing", () => {
    const state = ready()
    for (const id of [1, 2, 3]) take(state, id)
    Admission.arrive(state, arrival(4))
    assert.deepStrictEqual(Admission.drain(state), [
      { _tag: "Answer", id: 2, why: "Draining" },
      { _tag: "Answer", id: 3, why: "Draining" },
      { _tag: "Answer", id: 4, why: "Draining" }
    ])
    assert.deepInclude(Admission.arrive(state, arrival(5)), { _tag: "Refused", why: "Draining" })
    assert.deepStrictEqual(Admission.finished(state, 1, true, 1), [])
    assert.strictEqual(state.counters.completed, 1)
    assert.strictEqual(state.counters.handedBack, 3)
  })

  it("[CL18] a draining node hands back what only waits, and says so of those that run", () => {
    const state = ready()
    take(state, 1)
    for (const id of [2, 3, 4, 5]) Admission.arrive(state, arrival(id, { service: "Watch" }))
    for (const id of [2, 3, 4, 5]) Admission.uploaded(state, id, 0)
    assert.deepStrictEqual([state.running, state.waiting], [4, 3])
    assert.deepStrictEqual(Admission.cancelled(state, 4), [
      { _tag: "Interrupt", id: 4, why: "cancelled" }
    ])
    assert.deepStrictEqual(Admission.drain(state), [
      { _tag: "Interrupt", id: 2, why: "draining" },
      { _tag: "Interrupt", id: 3, why: "draining" },
      { _tag: "Answer", id: 5, why: "Draining" }
    ])
    for (const id of [2, 3, 4]) Admission.finished(state, id, false, 9)
    assert.deepStrictEqual([state.running, state.waiting], [1, 0])
    assert.deepInclude(state.counters, { handedBack: 3, cancelled: 1, failed: 0, completed: 0 })
  })

  it("how long a service waits is no measure of the node, and no work", () => {
    const state = ready()
    take(state, 1, { service: "Watch" })
    Admission.finished(state, 1, true, 20_000)
    assert.strictEqual(state.lanes.get("Watch")!.meanMs, 0)
    assert.deepInclude(state.counters, { completed: 1, taskTimeMs: 0 })
  })

  it("[CL10] a connection that is full of requests that wait still takes others, but no more of those", () => {
    const state = ready({ waitingMax: 20, queueMax: 20 })
    const ask = (id: number, service: string) =>
      Admission.arrive(state, arrival(id, { service, connection: 1 }))
    for (const id of [1, 2, 3, 4, 5, 6]) assert.strictEqual(ask(id, "Watch")._tag, "Accepted")
    const refused = ask(7, "Watch")
    assert.deepInclude(refused, { _tag: "Overloaded", reason: "connection", retryAfterMs: 1000 })
    for (const id of [8, 9, 10, 11]) assert.strictEqual(ask(id, "Slow")._tag, "Accepted")
    assert.deepInclude(ask(12, "Slow"), { _tag: "Overloaded", reason: "connection" })
  })

  it("[CL10] a connection may have 4,096 requests that wait, and 256 others", () => {
    assert.deepInclude(Admission.defaultLimits, { connectionMax: 256, connectionWaitsMax: 4096 })
  })

  it("[CL10] nobody queues behind requests that wait: who only looks would starve there", () => {
    const state = ready()
    for (const id of [1, 2, 3]) take(state, id, { service: "Watch" })
    const refused = Admission.arrive(state, arrival(4, { service: "Watch" }))
    assert.deepInclude(refused, { _tag: "Overloaded", reason: "queue", retryAfterMs: 1000 })
    Admission.finished(state, 1, true, 1)
    take(state, 5, { service: "Watch" })
  })

  it("says what to do about a connection that has too much in flight", () => {
    const { message } = new Overloaded({ reason: "connection", retryAfterMs: 1000 })
    assert.match(message, /this connection .* end some, .* try again in 1000 ms/)
  })

  it("[CL11] a service that is always answered is taken in every state, and is not counted", () => {
    const state = ready({ waitingMax: 0 })
    Admission.drain(state)
    const commands = take(state, 1, { service: "Stats", heapRatio: 1, eventLoopP99Ms: 9999 })
    assert.deepStrictEqual(commands, [{ _tag: "Start", id: 1 }])
    assert.strictEqual(state.counters.received, 0)
  })

  it("[CL10] a service that is always answered still has limits for each connection", () => {
    const state = ready()
    const ask = (id: number, overrides: Partial<Admission.Arrival> = {}) =>
      Admission.arrive(state, arrival(id, { service: "Stats", connection: 1, ...overrides }))
    assert.deepInclude(ask(1, { bytes: 5000 }), { _tag: "Refused", why: "BodyTooLarge" })
    for (let id = 2; id < 66; id++) assert.strictEqual(ask(id)._tag, "Accepted")
    assert.deepInclude(ask(66), { _tag: "Overloaded", reason: "connection" })
    assert.strictEqual(ask(67, { connection: 2 })._tag, "Accepted")
    assert.strictEqual(ask(68, { trusted: true, bytes: 5000 })._tag, "Accepted")
  })

  it("[CL10] an upload that stands still is ended, one that goes on is not", () => {
    const state = ready({ uploadIdleMs: 100 })
    for (const id of [1, 2]) Admission.arrive(state, arrival(id))
    Admission.progressed(state, 2, 80)
    assert.deepStrictEqual(Admission.tick(state, 120), [
      { _tag: "Answer", id: 1, why: "DeadlineExceeded" }
    ])
    Admission.uploaded(state, 2, 150)
    assert.deepStrictEqual(Admission.tick(state, 500), [])
  })

  it("[CL10] one connection cannot hold the memory of all", () => {
    const state = ready({ connectionBytesMax: 300 })
    const ask = (id: number, connection: number) =>
      Admission.arrive(state, arrival(id, { connection, bytes: 200 }))
    assert.strictEqual(ask(1, 1)._tag, "Accepted")
    assert.deepInclude(ask(2, 1), { _tag: "Overloaded", reason: "connection" })
    assert.strictEqual(ask(3, 2)._tag, "Accepted")
  })

  it("asks a refused caller to come back after the queue's time, within 50 ms and 5 s", () => {
    const state = ready()
    const refusal = () => Admission.arrive(state, arrival(99))
    for (const id of [1, 2, 3, 4]) take(state, id)
    assert.deepInclude(refusal(), { retryAfterMs: 50 })
    state.lanes.get("Slow")!.meanMs = 300
    assert.deepInclude(refusal(), { retryAfterMs: 900 })
    state.lanes.get("Slow")!.meanMs = 60_000
    assert.deepInclude(refusal(), { retryAfterMs: 5000 })
  })

  // The machine checks CL10 and CL21 after every step and throws; here any interleaving is driven.
  it("[CL8] [CL21] every request ends exactly once, and the counters add up, in any order of events", () => {
    const event = fc.record({
      kind: fc.constantFrom(
        "arrive",
        "upload",
        "finish",
        "release",
        "cancel",
        "tick",
        "drain",
        "stop"
      ),
      pick: fc.nat(1000),
      bytes: fc.nat(500),
      remainingMs: fc.nat(50),
      service: fc.constantFrom("Slow", "Wide", "Stats", "Watch"),
      ok: fc.boolean(),
      afterMs: fc.nat(20)
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const state = ready()
        const running = new Set<number>()
        const ended = new Map<number, number>()
        let nowMs = 0
        let lastId = 0
        const end = (id: number) => ended.set(id, (ended.get(id) ?? 0) + 1)
        const obey = (commands: ReadonlyArray<Admission.Command>) => {
          for (const { _tag, id } of commands) {
            if (_tag === "Start") running.add(id)
            if (_tag === "Answer") end(id)
          }
        }
        for (const { afterMs, bytes, kind, ok, pick, remainingMs, service } of events) {
          nowMs += afterMs
          const ids = [...state.tickets.keys()]
          const id = ids[pick % Math.max(ids.length, 1)] ?? 0
          const phase = state.tickets.get(id)?.phase
          if (kind === "arrive") {
            const verdict = Admission.arrive(
              state,
              arrival(++lastId, { bytes, remainingMs, service, nowMs, connection: pick % 3 })
            )
            if (verdict._tag !== "Accepted") end(lastId)
          }
          if (kind === "upload") obey(Admission.uploaded(state, id, nowMs))
          if (kind === "finish" && phase === "running") {
            running.delete(id)
            end(id)
            obey(Admission.finished(state, id, ok, nowMs))
          }
          if (kind === "release" && phase === "replying") Admission.released(state, id)
          if (kind === "cancel") {
            if (phase === "uploading" || phase === "queued") end(id)
            obey(Admission.cancelled(state, id))
          }
          if (kind === "tick") obey(Admission.tick(state, nowMs))
          if (kind === "drain") obey(Admission.drain(state))
          if (kind === "stop") obey(Admission.stop(state))
        }
        for (const id of running) {
          end(id)
          obey(Admission.finished(state, id, true, nowMs))
        }
        obey(Admission.drain(state))
        // What a drain leaves waiting: the services that are not counted.
        for (const { id, phase } of Array.from(state.tickets.values())) {
          if (phase === "replying") continue
          end(id)
          obey(Admission.cancelled(state, id))
        }
        for (const [id, count] of ended) assert.strictEqual(count, 1, `request ${id}`)
        assert.strictEqual(ended.size, lastId)
        assert.strictEqual(state.queued + state.running, 0)
      }),
      { numRuns: 300 }
    )
  })
})
