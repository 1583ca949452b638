import { LogIndex } from "@distri/core/log/ReplicatedLog"
import * as Deferred from "effect/Deferred"
import * as Bytes from "effect/Bytes"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { append, bytes, isSame, surely, writeSnapshot } from "../log.ts"
import { type Engine, type Law, law, must, same } from "../Law.ts"

export const ofSnapshots = <R>({ open }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL11] a snapshot reads back byte for byte, from anywhere in it", function* () {
    const { leader } = yield* open()
    const places = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    must(Option.isNone(yield* surely(leader.snapshots.latest)), "there is none at first")
    const pieces = Array.from({ length: 5 }, (_, at) => new Uint8Array(200_000).fill(at))
    yield* writeSnapshot(leader, LogIndex.make(places[2]!), Stream.fromIterable(pieces))
    const older = yield* writeSnapshot(leader, LogIndex.make(places[0]!), Stream.make(bytes("old")))
    same(older.index, places[2], "the latest never goes back")
    const latest = Option.getOrThrow(yield* surely(leader.snapshots.latest))
    same([latest.index, latest.bytes], [places[2], 1_000_000], "the latest is the one written")
    const whole = Bytes.concat(pieces)
    for (const offset of [0, 1, 199_999, 200_000, 999_999]) {
      const found = yield* Stream.runCollect(leader.snapshots.read(latest, offset))
      must(isSame(Bytes.concat(found), whole.subarray(offset)), `it reads back from ${offset} on`)
    }
  }),
  law("[RL11] an interrupted snapshot is never visible", function* () {
    const { leader } = yield* open()
    const at = yield* append(leader, "a")
    const begun = yield* Deferred.make<void>()
    const endless = Stream.concat(
      Stream.make(bytes("half")),
      Stream.fromEffectDrain(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
    )
    const writing = yield* Effect.forkChild(writeSnapshot(leader, at, endless))
    yield* Deferred.await(begun)
    yield* Fiber.interrupt(writing)
    must(Option.isNone(yield* surely(leader.snapshots.latest)), "half of one is none")
  })
]
