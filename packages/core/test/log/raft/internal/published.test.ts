import { assert, it } from "@effect/vitest"
import type { Entry } from "@distri/raft/Entry"
import { emptyConfiguration } from "@distri/raft/membership/Configuration"
import type { LogView } from "@distri/raft/RaftView"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Published } from "../../../../src/log/raft/internal/published.ts"

it("[RL3] readers see commands as they are, and of internal entries only that they were there", () => {
  const { entries, published } = make(["noop", "command", "confChange"])
  published.add(entries)
  assert.deepStrictEqual(
    published
      .from(1 as never)
      .map(({ data, index, kind, time }) => [index, kind, time, data.length]),
    [
      [1, "internal", 0, 0],
      [2, "internal", 2, 0],
      [3, "command", 3, 100],
      [4, "internal", 4, 0]
    ]
  )
})

it("[RL6] nothing is read before it is committed", () => {
  const { entries, published } = make(["noop", "command", "command"])
  published.add(entries.slice(0, 2))
  assert.deepStrictEqual(
    published.from(2 as never).map(({ index }) => index),
    [2, 3]
  )
  assert.deepStrictEqual(published.from(4 as never), [])
})

it("[RL13] what is retained is counted, and what goes is not counted any more", () => {
  const { entries, published } = make(["command", "command", "command"])
  published.add(entries)
  assert.strictEqual(published.retainedBytes, 3 * 164)
  published.drop(4)
  assert.strictEqual(published.retainedBytes, 164)
  published.reset(9)
  assert.deepStrictEqual([published.retainedBytes, published.last], [0, 9])
})

it("a reader gets at most 512 KiB at once, or one entry that is larger", () => {
  const { entries, published } = make(["command", "command", "command"], 300 * 1024)
  published.add(entries)
  assert.strictEqual(published.from(2 as never).length, 1)
  const small = make(Array.from({ length: 300 }, () => "command"))
  small.published.add(small.entries)
  assert.strictEqual(small.published.from(2 as never).length, 256)
})

it.effect("who waits is woken once there is something new, and not before", () =>
  Effect.gen(function* () {
    const { entries, published } = make(["command"])
    const waiting = yield* Effect.forkChild(published.changed, { startImmediately: true })
    published.wakeIfNew()
    yield* Effect.yieldNow
    assert.isUndefined(waiting.pollUnsafe())
    published.add(entries)
    published.wakeIfNew()
    yield* Fiber.join(waiting)
  })
)

/** A log that begins with the empty snapshot of a new cloud. */
const make = (kinds: ReadonlyArray<Entry["kind"]>, size = 100) => {
  const entries = kinds.map((kind, at): Entry => {
    const index = at + 2
    return { index, term: 1, kind, time: index, data: new Uint8Array(size) }
  })
  const snapshot = { index: 1, term: 1, time: 0, reference: "", bytes: 0, digest: "" }
  const log: LogView = {
    firstIndex: 2,
    lastIndex: kinds.length + 1,
    lastTerm: 1,
    commit: 1,
    handedOut: 1,
    applied: 1,
    durable: 1,
    snapshot: { ...snapshot, configuration: emptyConfiguration },
    entry: (index) => entries[index - 2],
    term: () => 1
  }
  return { entries, published: new Published(log) }
}
