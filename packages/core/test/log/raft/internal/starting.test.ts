import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { Snap } from "@distri/raft/Message"
import { founding, joining } from "@distri/raft/Restored"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Halt } from "../../../../src/Halt.ts"
import type { Remote } from "../../../../src/log/raft/internal/remote.ts"
import * as Starting from "../../../../src/log/raft/internal/starting.ts"
import { RaftPeers } from "../../../../src/log/RaftPeers.ts"
import { LogId } from "../../../../src/log/ReplicatedLog.ts"
import * as MemoryStorage from "../../../../src/log/storage/MemoryStorage.ts"

const old = LogId.make("old")
const next = LogId.make("next")

it.effect("[LM20] what is fetched for a log ends with it, and its core does nothing any more", () =>
  Effect.gen(function* () {
    const { giveUp, interrupted, own, start } = yield* make
    yield* start(old, joining)
    const core = own.core!
    core.receive([offer])
    yield* settle
    assert.isTrue(yield* giveUp)
    assert.isUndefined(own.core)
    yield* Deferred.await(interrupted)
    core.input({ _tag: "Received", message: { ...offer, snapshot: founding(voters).snapshot } })
    yield* settle
    assert.isTrue(core.isEmpty)
  }).pipe(provided)
)

it.effect("[LM15] what is offered by a leader of the past, or is here, is not fetched", () =>
  Effect.gen(function* () {
    const { fetched, own, start } = yield* make
    yield* start(old, joining)
    const core = own.core!
    core.input({ _tag: "Received", message: { ...offer, snapshot: founding(voters).snapshot } })
    yield* settle
    assert.deepInclude(core.view, { term: 2 })
    core.receive([{ ...offer, term: 1 }])
    core.receive([{ ...offer, snapshot: { ...offer.snapshot, index: 1 } }])
    yield* settle
    assert.deepStrictEqual(fetched, [])
    core.receive([offer])
    yield* settle
    assert.deepStrictEqual(fetched, ["9-b"])
  }).pipe(provided)
)

it.effect("[LM19] who waits for a core waits for the next one", () =>
  Effect.gen(function* () {
    const { giveUp, own, start } = yield* make
    yield* start(old, joining)
    yield* giveUp
    assert.isFalse(yield* Deferred.isDone(own.begun))
    yield* start(next, founding(voters))
    yield* Deferred.await(own.begun)
    yield* settle
    assert.strictEqual(own.core?.log, next)
    assert.isTrue(own.core?.leads)
  }).pipe(provided)
)

it.effect("[LM20] a log of which anything is here is not given up", () =>
  Effect.gen(function* () {
    const { giveUp, own, start } = yield* make
    assert.isFalse(yield* giveUp)
    yield* start(old, joining)
    own.core!.copied()
    assert.isFalse(yield* giveUp)
    assert.strictEqual(own.core?.log, old)
    yield* start(next, founding(voters))
    assert.isFalse(yield* giveUp)
    assert.strictEqual(own.core?.log, next)
  }).pipe(provided)
)

const voters = withVoters(["a/1"])

const offer: Snap = {
  _tag: "Snap",
  from: "b/1",
  to: "a/1",
  term: 2,
  snapshot: { ...founding(voters).snapshot, index: 9, reference: "9-b", bytes: 1 }
}

const settle = Effect.repeat(Effect.yieldNow, { times: 50 })

/** The part of a node that runs its core. Bytes of a snapshot never come. */
const make = Effect.gen(function* () {
  const own: Starting.Own = {
    core: undefined,
    isClosed: false,
    isLeaving: false,
    begun: yield* Deferred.make<void>()
  }
  const interrupted = yield* Deferred.make<void>()
  const fetched: Array<string> = []
  const snapshot: Remote["snapshot"] = (_place, { id }) => {
    fetched.push(id)
    return Stream.fromEffect(
      Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
    )
  }
  const { giveUp, start } = yield* Starting.make({
    id: "a/1",
    own,
    remote: { snapshot } as unknown as Remote,
    nowMs: () => 0,
    retainedMaxBytes: 1024,
    tickMs: 100,
    raft: {}
  })
  return { fetched, giveUp, interrupted, own, start }
})

const nobody = RaftPeers.of({
  known: Effect.succeed([]),
  call: () => () => Effect.die("not used") as never,
  heard: () => {},
  post: () => Effect.void
})

const provided = Effect.provide(
  Layer.mergeAll(
    Halt.layer,
    Layer.succeed(RaftPeers, nobody),
    Layer.provide(MemoryStorage.layer(), SecureRandom.layerWebCrypto)
  )
)
