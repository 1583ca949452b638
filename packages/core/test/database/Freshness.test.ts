/** How long a read waits for what its caller claims to have seen. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { UserOperation } from "@distri/store/command/Command"
import type { Database } from "../../src/database/Database.ts"
import { LinkFailed, type Caller } from "../../src/log/RaftPeers.ts"
import { LogBarrier } from "../../src/service/LogServices.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import { follower, writer } from "./nodes.ts"

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }

it.effect("[DB26] who claims to have seen what is in no log is refused soon", () =>
  Effect.gen(function* () {
    const { call, database } = yield* writer()
    const { version } = yield* database.documents.execute(create)
    const other = yield* follower(call)
    for (const node of [database, other])
      for (const seen of [version + 1, Number.MAX_SAFE_INTEGER]) {
        const refused = yield* Effect.forkChild(Effect.flip(countHaving(node, seen)))
        yield* TestClock.adjust("300 millis")
        assert.isDefined(refused.pollUnsafe())
        assert.deepInclude(yield* Fiber.join(refused), { _tag: "Unavailable", reason: "Behind" })
        assert.strictEqual(yield* countHaving(node, version), 0)
      }
  })
)

it.effect("[DB10] [DB26] what the log has is waited for, however long it takes to come", () =>
  Effect.gen(function* () {
    let held = false
    const { call, database } = yield* writer()
    const other = yield* follower(((service, payload) =>
      Effect.suspend(() =>
        held && service !== (LogBarrier as unknown)
          ? Effect.fail(new LinkFailed({ started: false }))
          : call(service, payload)
      )) as Caller)
    yield* Effect.flip(countHaving(other, 0))
    held = true
    // Ends the read of the log that waits at the writer.
    yield* TestClock.adjust("6 seconds")
    const { version } = yield* database.documents.execute(create)
    const waiting = yield* Effect.forkChild(countHaving(other, version))
    yield* TestClock.adjust("4 seconds")
    assert.isUndefined(waiting.pollUnsafe())
    held = false
    yield* TestClock.adjust("5 seconds")
    assert.strictEqual(yield* Fiber.join(waiting), 0)
  })
)

/** Counts as a request whose caller has seen the version `seen`. */
const countHaving = ({ documents }: Database["Service"], seen: number) =>
  documents.count("a", undefined, { consistency: "session" }).pipe(
    Effect.provideService(CurrentRequest, {
      idempotencyKey: undefined,
      seen,
      log: "",
      deadlineMs: Infinity
    })
  )
