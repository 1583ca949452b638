/** What the nodes of a test write into their log, and read there. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { LogIndex } from "../../src/log/ReplicatedLog.ts"
import type { Running } from "./raftNodes.ts"

export const bytes = (word: string) => new TextEncoder().encode(word)
export const soon = { schedule: Schedule.spaced("10 millis") }
export const until = <A, E>(self: Effect.Effect<A, E>) => Effect.retry(self, soon)

export const append = ({ log }: Running, word: string) =>
  Effect.retry(log.append(bytes(word), { id: word }), {
    ...soon,
    while: ({ _tag }) => _tag === "Unavailable"
  })

/** All commands up to now. */
export const commands = Effect.fnUntraced(function* ({ log }: Running) {
  const last = yield* until(log.barrier)
  const entries = yield* Stream.runCollect(Stream.take(log.entries(LogIndex.make(1)), last))
  return entries
    .filter(({ kind }) => kind === "command")
    .map(({ data }) => new TextDecoder().decode(data))
})
