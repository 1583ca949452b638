import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { ConfChangeStep } from "@distri/raft/membership/ConfChange"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import type { Core } from "../../../../src/log/raft/internal/core.ts"
import { Steward } from "../../../../src/log/raft/internal/steward.ts"
import { defaultLimits } from "../../../../src/log/raft/pure/Membership.ts"

it.effect("[LM17] a new leader turns nobody away before it knows who is there", () =>
  Effect.gen(function* () {
    const { steward } = yield* make(["a/1"])
    steward.asked("b/1")
    assert.isUndefined(steward.wants("b/1"))
    yield* TestClock.adjust("900 millis")
    assert.isUndefined(steward.wants("b/1"))
    yield* TestClock.adjust("200 millis")
    assert.isFalse(steward.wants("b/1"))
    // A third one makes it a cloud of three, and that is known at once.
    steward.asked("c/1")
    assert.isTrue(steward.wants("c/1"))
  })
)

it.effect("[LM17] a node that does not lead says nothing about who is wanted", () =>
  Effect.gen(function* () {
    const { core, steward } = yield* make(["a/1"])
    yield* TestClock.adjust("2 seconds")
    core.leads = false
    assert.isUndefined(steward.wants("b/1"))
    yield* TestClock.adjust("200 millis")
    core.leads = true
    assert.isUndefined(steward.wants("b/1"))
  })
)

it.effect("[LM3] one that lost its vote still counts as a node of the cloud", () =>
  Effect.gen(function* () {
    const all = ["a/1", "b/1", "c/1", "d/1", "e/1", "f/1", "g/1"]
    const { changes } = yield* make(all)
    yield* TestClock.adjust("2 seconds")
    assert.deepStrictEqual(
      changes.map(({ kind, node }) => `${kind} ${node}`),
      ["Remove g/1", "Remove f/1"]
    )
  })
)

it.effect("[LM6] a node that comes back again and again is made a member six times a minute", () =>
  Effect.gen(function* () {
    const { changes, steward } = yield* make(["a/1"])
    steward.asked("c/1")
    for (let life = 1; life <= 10; life += 1) {
      steward.asked(`b/${life}`)
      yield* TestClock.adjust("100 millis")
    }
    assert.strictEqual(changes.length, 6)
    yield* TestClock.adjust("1 minute")
    steward.asked("b/11")
    steward.asked("c/1")
    yield* TestClock.adjust("100 millis")
    assert.deepStrictEqual(changes.at(-1), { kind: "AddLearner", node: "b/11" })
  })
)

it.effect("[LM8] who left is not asked to come back by a question that came late", () =>
  Effect.gen(function* () {
    const { changes, steward } = yield* make(["a/1"])
    steward.leaving("b/1")
    for (const id of ["b/1", "c/1", "d/1"]) steward.asked(id)
    yield* TestClock.adjust("100 millis")
    assert.deepStrictEqual(changes[0], { kind: "AddLearner", node: "c/1" })
    assert.isFalse(steward.wants("b/1") ?? false)
  })
)

it.effect("[LM9] a learner that is slow to answer at first keeps its place", () =>
  Effect.gen(function* () {
    // A machine that has been up for long.
    yield* TestClock.adjust("1 hour")
    const { changes, core } = yield* make(["a/1", "b/1"])
    core.view.configuration = { ...withVoters(["a/1", "b/1"]), learners: ["c/1"] }
    core.view.progress = [...core.view.progress, { id: "c/1", match: 0 }]
    yield* TestClock.adjust("29 seconds")
    assert.deepStrictEqual(changes, [])
    yield* TestClock.adjust("2 seconds")
    assert.deepStrictEqual(changes[0], { kind: "Remove", node: "c/1" })
  })
)

it.effect("[LM7] a voter that a new leader has not heard yet keeps its place", () =>
  Effect.gen(function* () {
    yield* TestClock.adjust("1 hour")
    const { changes, core, steward } = yield* make(["a/1", "b/1", "c/1"])
    core.heardMs.delete("c/1")
    steward.asked("d/1")
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(changes, [])
  })
)

interface FakeCore extends Pick<Core, "id" | "hindrance"> {
  leads: boolean
  readonly heardMs: Map<string, number>
  readonly change: (step: ConfChangeStep) => void
  readonly view: {
    configuration: ReturnType<typeof withVoters>
    readonly log: { readonly applied: number; readonly lastIndex: number }
    readonly pendingConfIndex: number
    readonly transferee: undefined
    progress: ReadonlyArray<{ readonly id: string; readonly match: number }>
  }
}

/** A steward of a leader whose members all answer. Changes are noted, and removals are made. */
const make = Effect.fnUntraced(function* (voters: ReadonlyArray<string>) {
  const changes: Array<ConfChangeStep> = []
  const heardMs = new Map(voters.map((id) => [id, 0]))
  const core: FakeCore = {
    id: "a/1",
    leads: true,
    hindrance: undefined,
    heardMs,
    change: (step: ConfChangeStep) => {
      changes.push(step)
      const { configuration } = core.view
      if (step.kind === "Remove")
        core.view.configuration = withVoters(configuration.voters.filter((id) => id !== step.node))
    },
    view: {
      configuration: withVoters(voters),
      log: { applied: 10, lastIndex: 10 },
      pendingConfIndex: 0,
      transferee: undefined,
      progress: voters.map((id) => ({ id, match: 10 }))
    }
  }
  const clock = yield* TestClock.testClockWith((clock) => Effect.succeed(clock))
  const nowMs = () => {
    const now = clock.currentTimeMillisUnsafe()
    for (const id of heardMs.keys()) heardMs.set(id, now)
    return now
  }
  const steward = new Steward(() => core as unknown as Core, nowMs, defaultLimits)
  yield* Effect.forkScoped(Effect.provide(steward.run, Logger.layer([])))
  yield* Effect.yieldNow
  return { changes, core, steward }
})
