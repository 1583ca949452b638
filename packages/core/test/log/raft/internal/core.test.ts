import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { App, Message, VoteResp } from "@distri/raft/Message"
import { founding } from "@distri/raft/Restored"
import * as Effect from "effect/Effect"
import { Core } from "../../../../src/log/raft/internal/core.ts"
import type { Answer } from "../../../../src/log/raft/internal/proposals.ts"
import { Ambiguous } from "../../../../src/log/ReplicatedLog.ts"
import type { LogStorage } from "../../../../src/log/storage/LogStorage.ts"

it.effect(
  "[RL9] a leader that steps down leaves its successor time to commit what it proposed",
  () =>
    Effect.gen(function* () {
      const { core, passes, receives } = yield* make("memory")
      yield* receives()
      core.input({ _tag: "CampaignRequested" })
      yield* receives(granted("PreVoteResp"))
      yield* receives(granted("VoteResp"))
      assert.isTrue(core.leads)
      const told: Array<Answer> = []
      const answer = (what: Answer) => void told.push(what)
      core.propose({ id: "w", data: new Uint8Array(1), deadlineMs: 60_000, answer })
      yield* receives()
      // Nobody answers, so it gives up the lead in a tick.
      for (let tick = 0; tick < 40 && core.leads; tick += 1) yield* passes(100)
      assert.isFalse(core.leads)
      assert.deepStrictEqual(told, [])
      yield* passes(900)
      assert.deepStrictEqual(told, [])
      yield* passes(200)
      assert.deepStrictEqual(told, [new Ambiguous({ id: "w" })])
    })
)

it.effect("[RA18] who was asleep makes up for no tick that it missed, and deposes nobody", () =>
  Effect.gen(function* () {
    const { core, passes, receives, sleeps } = yield* make("memory")
    yield* receives(append)
    yield* sleeps(50)
    assert.strictEqual(core.view.role, "follower")
    // Awake, it would have noticed.
    for (let tick = 0; tick < 50; tick += 1) yield* passes(100)
    assert.notStrictEqual(core.view.role, "follower")
  })
)

it.effect("[RA15] what a leader sends to a node whose disk stands still is not heaped up", () =>
  Effect.gen(function* () {
    const { core, receives } = yield* make("disk")
    for (let sent = 0; sent < 3000; sent += 1) yield* receives(append)
    assert.isBelow(core.disk.pending, 1100)
    assert.isAbove(core.disk.pending, 1000)
  })
)

const ofB = { from: "b/1", to: "a/1" } as const

const granted = (_tag: VoteResp["_tag"]): VoteResp => ({
  ...ofB,
  _tag,
  term: 2,
  granted: true,
  commit: 0,
  commitTerm: 0
})

const append: App = {
  ...ofB,
  _tag: "App",
  term: 1,
  prevIndex: 1,
  prevTerm: 1,
  entries: [{ term: 1, index: 2, kind: "noop", time: 0, data: new Uint8Array() }],
  commit: 1
}

/** One of two voters. What it writes to its disk is never done. */
const make = Effect.fnUntraced(function* (durability: "memory" | "disk") {
  let now = 0
  const core = new Core({
    id: "a/1",
    log: "log",
    restored: founding(withVoters(["a/1", "b/1"])),
    storage: {
      durability,
      isFull: () => false,
      write: () => Effect.never
    } as unknown as LogStorage["Service"],
    outboxes: { post: () => {}, poke: () => {} } as never,
    random: () => 0.5,
    nowMs: () => now,
    clockMs: () => now,
    retainedMaxBytes: 1024 * 1024,
    tickMs: 100,
    raft: {},
    breaks: {},
    hasSnapshot: () => true
  })
  yield* Effect.forkScoped(core.run)
  yield* Effect.forkScoped(core.disk.run)
  const settle = Effect.repeat(Effect.yieldNow, { times: 6 })
  return {
    core,
    receives: (...messages: ReadonlyArray<Message>) =>
      Effect.suspend(() => {
        core.receive(messages)
        return settle
      }),
    /** So many ticks come at once. */
    sleeps: (ticks: number) =>
      Effect.suspend(() => {
        now += ticks * 100
        for (let tick = 0; tick < ticks; tick += 1) core.tick()
        return settle
      }),
    passes: (ms: number) =>
      Effect.suspend(() => {
        now += ms
        core.tick()
        return settle
      })
  }
})
