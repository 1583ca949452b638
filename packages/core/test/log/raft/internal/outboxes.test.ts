import { assert, it } from "@effect/vitest"
import type { Message } from "@distri/raft/Message"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Outboxes from "../../../../src/log/raft/internal/outboxes.ts"
import * as Frame from "../../../../src/log/raft/pure/Frame.ts"
import { LinkFailed, RaftPeers } from "../../../../src/log/RaftPeers.ts"

it.effect("[LM14] what waits for a node that is slow is bounded, and the newest is dropped", () =>
  Effect.gen(function* () {
    const { hold, outboxes, release, sent } = yield* make
    yield* hold("a")
    outboxes.post([heartbeat("a/1", 0)])
    yield* settle
    for (let read = 1; read <= 3000; read += 1) outboxes.post([heartbeat("a/1", read)])
    // It holds up nobody else.
    outboxes.post([heartbeat("b/1", 1)])
    yield* settle
    assert.deepStrictEqual(sent("b"), [1])
    yield* release("a")
    yield* settle
    assert.deepStrictEqual(
      sent("a"),
      Array.from({ length: 1025 }, (_, at) => at)
    )
  })
)

it.effect("[LM14] entries count by their bytes", () =>
  Effect.gen(function* () {
    const { hold, outboxes, release, sent } = yield* make
    yield* hold("a")
    outboxes.post([heartbeat("a/1", 0)])
    yield* settle
    for (let read = 1; read <= 10; read += 1) outboxes.post([append("a/1", read)])
    yield* release("a")
    yield* settle
    assert.deepStrictEqual(sent("a"), [0, 1, 2, 3])
  })
)

it.effect("who cannot be reached is reported, and tried again after a pause", () =>
  Effect.gen(function* () {
    const { fail, outboxes, sent, unreachable } = yield* make
    yield* fail("a")
    outboxes.post([heartbeat("a/1", 1), heartbeat("a/1", 2), heartbeat("a/2", 3)])
    yield* settle
    assert.deepStrictEqual(unreachable, ["a/1", "a/2"])
    outboxes.post([heartbeat("a/1", 4)])
    yield* settle
    assert.deepStrictEqual(unreachable, ["a/1", "a/2"])
    yield* TestClock.adjust("50 millis")
    assert.deepStrictEqual(unreachable, ["a/1", "a/2", "a/1"])
    assert.deepStrictEqual(sent("a"), [])
  })
)

it.effect("a poke says nothing, and tells whether somebody is there", () =>
  Effect.gen(function* () {
    const { fail, outboxes, sent, unreachable } = yield* make
    outboxes.poke("a/1")
    yield* settle
    assert.deepStrictEqual([sent("a"), unreachable], [[], []])
    yield* fail("a")
    outboxes.poke("a/1")
    yield* settle
    assert.deepStrictEqual(unreachable, ["a/1"])
  })
)

const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

/** Outboxes to nodes that can be slow, or gone. */
const make = Effect.gen(function* () {
  const received = new Map<string, Array<Message>>()
  const gates = new Map<string, Deferred.Deferred<void, LinkFailed>>()
  const unreachable: Array<string> = []
  const peers = RaftPeers.of({
    known: Effect.succeed([]),
    call: () => () => Effect.die("not used") as never,
    heard: () => {},
    post: (node, bytes) =>
      Effect.gen(function* () {
        const gate = gates.get(node)
        if (gate !== undefined) yield* Deferred.await(gate)
        const frame = Frame.decode(bytes)
        if ("issue" in frame) throw new Error(frame.issue)
        received.set(node, [...(received.get(node) ?? []), ...frame.messages])
      })
  })
  const outboxes = yield* Outboxes.make(peers, "log", (peer) => unreachable.push(peer))
  return {
    outboxes,
    unreachable,
    hold: (node: string) =>
      Effect.map(Deferred.make<void, LinkFailed>(), (gate) => void gates.set(node, gate)),
    release: (node: string) => Deferred.succeed(gates.get(node)!, undefined),
    fail: Effect.fnUntraced(function* (node: string) {
      const gate = yield* Deferred.make<void, LinkFailed>()
      yield* Deferred.fail(gate, new LinkFailed({ started: false }))
      gates.set(node, gate)
    }),
    /** The numbers of what arrived. */
    sent: (node: string) =>
      (received.get(node) ?? []).map((message) =>
        message._tag === "Heartbeat" ? message.read : message._tag === "App" ? message.commit : -1
      )
  }
})

const heartbeat = (to: string, read: number): Message => ({
  _tag: "Heartbeat",
  from: "x/1",
  to,
  term: 1,
  commit: 0,
  read
})

const append = (to: string, commit: number): Message => ({
  _tag: "App",
  from: "x/1",
  to,
  term: 1,
  prevIndex: 0,
  prevTerm: 0,
  entries: [{ index: 1, term: 1, kind: "command", time: 0, data: new Uint8Array(400 * 1024) }],
  commit
})
