import * as Effect from "effect/Effect"
import { append, barrier, bytes, distinct, read, surely, words } from "../log.ts"
import { type Engine, type Law, law, must, same } from "../Law.ts"

export const ofAppending = <R>({ open }: Engine<R>): ReadonlyArray<Law<R>> => [
  law("[RL1] indices grow by one, and two readers see the same entries", function* () {
    const { leader, other } = yield* open()
    for (const word of ["a", "b", "c"]) yield* append(other, word)
    const last = yield* barrier(leader)
    const one = yield* read(leader, 1, last)
    same(one, yield* read(other, 1, last), "two readers see the same")
    same(
      one.map(({ index }) => index),
      one.map((_, at) => at + 1),
      "indices grow by one"
    )
    same(distinct(words(one)), ["a", "b", "c"], "what was appended is there, in order")
  }),
  law("[RL2] an acknowledged entry is in every later read that covers its place", function* () {
    const { leader, other } = yield* open()
    for (const writer of [leader, other]) {
      const index = yield* append(writer, "kept")
      for (const reader of [leader, other])
        same(words(yield* read(reader, index, index)), ["kept"], "it is where it was said to be")
    }
  }),
  law("[RL3] holds what was appended, unchanged, and no more copies than attempts", function* () {
    const { leader, other } = yield* open()
    for (const log of [leader, other]) {
      const before = yield* barrier(log)
      const buffer = bytes("first")
      let attempts = 0
      yield* surely(
        Effect.suspend(() => {
          attempts += 1
          return log.append(buffer, { id: "id" })
        })
      )
      buffer.fill(0)
      const found = words(yield* read(log, before + 1, yield* barrier(log)))
      must(found.length >= 1 && found.length <= attempts, "at most as many as attempts")
      must(
        found.every((word) => word === "first"),
        "nothing else"
      )
    }
  }),
  law("[RL4] an append that began after another was answered comes after it", function* () {
    const { leader, other } = yield* open()
    let before = 0
    for (let at = 0; at < 20; at += 1) {
      const index = yield* append(at % 2 === 0 ? leader : other, `entry ${at}`)
      must(index > before, `${index} comes after ${before}`)
      before = index
    }
  }),
  law("[RL5] a barrier reaches every answered append and every delivered entry", function* () {
    const { leader, other } = yield* open()
    for (let at = 0; at < 5; at += 1) {
      const answered = yield* append(leader, "a")
      must((yield* barrier(other)) >= answered, "it reaches what was answered")
      const delivered = yield* append(other, "b")
      yield* read(leader, delivered, delivered)
      must((yield* barrier(other)) >= delivered, "it reaches what was delivered")
    }
  }),
  law("[RL8] the same id may be appended again", function* () {
    const { leader, other } = yield* open()
    const first = yield* append(leader, "same")
    must((yield* append(other, "same")) > first, "it stands there twice")
  })
]
