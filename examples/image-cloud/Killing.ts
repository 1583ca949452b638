/**
 * Kills the servers of a cloud one after the other, as a power cut would, and starts each again.
 *
 * The next one is killed only when the last is ready again: a majority is all that a cloud needs.
 */
import * as Effect from "effect/Effect"
import { Screen } from "./Screen.ts"
import type { Child, ServersFailed } from "./Servers.ts"

/** Goes on until it is interrupted. Fails when a server does not start again. */
export const run = Effect.fnUntraced(function* (
  children: ReadonlyArray<Child>,
  everySeconds: number
): Effect.fn.Return<never, ServersFailed, Screen> {
  const screen = yield* Screen
  const now = [...children]
  for (let turn = 0; ; turn += 1) {
    yield* Effect.sleep(everySeconds * 1000)
    const at = turn % now.length
    const victim = now[at]!
    yield* victim.kill
    yield* victim.ended
    const successor = yield* victim.again
    now[at] = successor
    yield* screen.say(
      `Server ${victim.address} (pid ${victim.pid}) was killed; it is back (pid ${successor.pid})`
    )
  }
})
