import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { Core } from "../../../../src/log/raft/internal/core.ts"
import type { Place, Remote } from "../../../../src/log/raft/internal/remote.ts"
import * as WholeLog from "../../../../src/log/raft/internal/wholeLog.ts"
import {
  LogEntry,
  LogIndex,
  LogTime,
  type ReplicatedLog
} from "../../../../src/log/ReplicatedLog.ts"

const at = LogIndex.make(1)

it.effect("[LM20] entries of a log that was given up while they came are not read", () =>
  Effect.gen(function* () {
    const { log, next, old, theirs } = yield* make
    const read = yield* Effect.forkChild(Stream.runHead(log.entries(at)))
    yield* settle
    next()
    yield* Deferred.succeed(theirs, [entry("old")])
    const found = Option.getOrThrow(yield* Fiber.join(read))
    assert.strictEqual(new TextDecoder().decode(found.data), "new")
    assert.isFalse(old.isCopied)
  })
)

it.effect("[LM20] a snapshot of a log that was given up while it was asked for is none", () =>
  Effect.gen(function* () {
    const { latest, log, next, old } = yield* make
    const read = yield* Effect.forkChild(Effect.flip(log.snapshots.latest))
    yield* settle
    next()
    yield* Deferred.succeed(latest, Option.some({ id: "1-b", index: at, bytes: 1 }))
    assert.deepInclude(yield* Fiber.join(read), { _tag: "Unavailable", reason: "NoLeader" })
    assert.isFalse(old.isCopied)
  })
)

it.effect(
  "[LM22] who was taken out asks the leader that others name, not the one it remembers",
  () =>
    Effect.gen(function* () {
      const { appended, log, remembers } = yield* make
      remembers("c/1")
      yield* Effect.ignore(log.append(new Uint8Array(), { id: "x" }))
      assert.deepStrictEqual(appended, ["b"])
    })
)

const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

const entry = (word: string) =>
  LogEntry.make({
    index: at,
    time: LogTime.make(0),
    kind: "command",
    data: new TextEncoder().encode(word)
  })

/** A node that has nothing of its log, and asks another one; until it has the `next` log. */
const make = Effect.gen(function* () {
  const theirs = yield* Deferred.make<ReadonlyArray<LogEntry>>()
  const latest = yield* Deferred.make<Option.Option<unknown>>()
  const old = {
    log: "old",
    follows: false,
    isCopied: false,
    copied: () => void (old.isCopied = true),
    latestSnapshot: undefined,
    published: { first: 1, last: 0, changed: Effect.never }
  }
  const next = {
    ...old,
    log: "new",
    published: { first: 1, last: 1, from: () => [entry("new")], changed: Effect.never }
  }
  let core: unknown = old
  const appended: Array<string> = []
  const log = WholeLog.make({
    id: "a/1",
    local: { snapshots: { latest: Effect.succeedNone } } as unknown as ReplicatedLog["Service"],
    remote: {
      entries: () => Deferred.await(theirs),
      latest: () => Deferred.await(latest),
      append: ({ node }: Place) => {
        appended.push(node)
        return Effect.never
      }
    } as unknown as Remote,
    core: () => core as Core,
    hearsay: () => ({ leader: "b", members: ["b/1"], wanted: undefined }),
    isClosed: () => false,
    begun: Effect.void,
    random: yield* Random.Random
  })
  /** It was led by that one, and hears of no other by itself. */
  const remembers = (leader: string) =>
    void (core = { ...old, view: { leader }, leaderChanged: Effect.void })
  return { appended, latest, log, next: () => void (core = next), old, remembers, theirs }
})
