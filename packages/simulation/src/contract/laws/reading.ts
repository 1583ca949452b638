import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { append, barrier, distinct, read, words } from "../log.ts"
import { type Engine, type Law, law, must, same } from "../Law.ts"

export const ofReading = <R>({ open, setTime }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL6] entries begin where asked and wait at the end", function* () {
    const { leader, other } = yield* open()
    for (const word of ["a", "b"]) yield* append(leader, word)
    const from = (yield* barrier(other)) + 1
    const waiting = yield* Effect.forkChild(read(other, from, from), { startImmediately: true })
    const index = yield* append(leader, "c")
    const [entry] = yield* Fiber.join(waiting)
    same(entry!.index, from, "it begins where asked")
    must(from <= index, "and was there before")
  }),
  law("[RL7] time never goes back, even when the clock does", function* () {
    const { leader } = yield* open()
    const setClock = setTime ?? (() => Effect.void)
    yield* setClock(100_000)
    yield* append(leader, "later")
    yield* setClock(1000)
    yield* append(leader, "earlier")
    const times = (yield* read(leader, 1, yield* barrier(leader))).map(({ time }) => time)
    same(
      times,
      times.toSorted((a, b) => a - b),
      "time never goes back"
    )
    must(setTime === undefined || times.at(-1)! >= 100_000, "it is the clock's")
  }),
  law("[RL9] a refused entry never appears", function* () {
    const { leader, other } = yield* open({ retainedMaxBytes: 8192 })
    const tooLarge = yield* Effect.flip(other.append(new Uint8Array(1024 * 1024 + 1), { id: "1" }))
    same(tooLarge._tag, "TooLarge", "the size is refused")
    let acknowledged = 0
    const fill = Effect.suspend(() => append(leader, `${acknowledged}`.padEnd(1000))).pipe(
      Effect.tap(() => Effect.sync(() => void (acknowledged += 1)))
    )
    const full = yield* Effect.flip(Effect.repeat(fill, { times: 100 }))
    same(full._tag, "Overloaded", "a full log refuses")
    const found = distinct(words(yield* read(leader, 1, yield* barrier(leader))))
    same(found.length, acknowledged, "all that is there was acknowledged")
  })
]
