import { Compacted, LogIndex } from "@distri/core/log/ReplicatedLog"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import {
  append,
  barrier,
  bytes,
  distinct,
  missed,
  read,
  surely,
  words,
  writeSnapshot
} from "../log.ts"
import { type Engine, type Law, law, must, same } from "../Law.ts"

export const ofTrimming = <R>({ open }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL6] a reader that missed trimmed entries fails with Compacted", function* () {
    const { leader } = yield* open()
    const places = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    const at = places[1]!
    yield* writeSnapshot(leader, at, Stream.make(bytes("state")))
    yield* leader.trim(at)
    const error = yield* missed(leader, at)
    must(error instanceof Compacted, "it does not skip")
    same([error.first, error.snapshot.index], [at + 1, at], "it names where to begin")
    const rest = yield* read(leader, at + 1, yield* barrier(leader))
    same(distinct(words(rest)), ["c"], "what is left can be read")
  }),
  law("[RL10] trim stops at the latest complete snapshot", function* () {
    const { leader } = yield* open()
    const places = yield* Effect.forEach(["a", "b", "c"], (word) => append(leader, word))
    const [first, , last] = places
    yield* leader.trim(last!)
    same(
      distinct(words(yield* read(leader, 1, last!))),
      ["a", "b", "c"],
      "without one nothing goes"
    )
    yield* writeSnapshot(leader, first!, Stream.make(bytes("state")))
    yield* leader.trim(last!)
    const error = yield* missed(leader, first!)
    must(error instanceof Compacted, "what the snapshot has is gone")
    must(error.snapshot.index >= error.first - 1, "the snapshot reaches the first entry")
    same(distinct(words(yield* read(leader, first! + 1, last!))), ["b", "c"], "and nothing more")
  }),
  law(
    "[RL13] a full log refuses at once, and takes entries again once it is trimmed",
    function* () {
      const { leader } = yield* open({ retainedMaxBytes: 8192 })
      const before = yield* barrier(leader)
      // A reader that stands still holds nothing back.
      yield* Effect.forkChild(
        Stream.runForEach(leader.entries(LogIndex.make(1)), () => Effect.never),
        { startImmediately: true }
      )
      const fill = surely(leader.append(new Uint8Array(960), { id: "id" }))
      const error = yield* Effect.flip(Effect.repeat(fill, { times: 100 }))
      same(error._tag, "Overloaded", "it is full")
      const all = yield* barrier(leader)
      must(all - before <= 10, "memory stays bounded")
      yield* writeSnapshot(leader, all, Stream.make(bytes("state")))
      yield* leader.trim(all)
      const again = Effect.retry(append(leader, "again"), {
        while: ({ _tag }) => _tag === "Overloaded",
        schedule: Schedule.spaced("20 millis")
      })
      must((yield* again) > all, "it goes on")
    }
  )
]
