import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import {
  leaderOf,
  startAll,
  startWriting,
  ThreeNodes,
  tokensAt,
  type Writers
} from "./ThreeNodes.ts"

const hangs = 120_000

layer(ThreeNodes.layer, { excludeTestServices: true, timeout: hangs })(
  "three processes of one cloud",
  (it) => {
    it.effect(
      "[CL17] the leader stops on SIGTERM under load, and no call fails",
      () =>
        Effect.gen(function* () {
          const nodes = yield* ThreeNodes
          const writers = yield* startWriting(nodes, "stopped", false)
          yield* writers.more(50)
          const { name } = yield* leaderOf(nodes.cloud)
          yield* nodes.cloud.end(name, "SIGTERM")
          yield* writers.more(50)
          yield* startAll(nodes.cloud)
          yield* writers.more(50)
          yield* writers.stop
          assert.deepStrictEqual(writers.failures, [])
          yield* holdsOnce(nodes, "stopped", writers)
        }),
      hangs
    )

    it.effect(
      "[RL2] the leader is killed, writes go on, and nothing that was acknowledged is lost",
      () =>
        Effect.gen(function* () {
          const nodes = yield* ThreeNodes
          const writers = yield* startWriting(nodes, "killed", true)
          yield* writers.more(50)
          const { name } = yield* leaderOf(nodes.cloud)
          yield* nodes.cloud.end(name, "SIGKILL")
          yield* writers.more(50)
          yield* startAll(nodes.cloud)
          yield* writers.stop
          yield* holdsOnce(nodes, "killed", writers)
        }),
      hangs
    )

    it.effect(
      "[RL2] [RL12] all are killed at once under load, and come back with what was acknowledged",
      () =>
        Effect.gen(function* () {
          const nodes = yield* ThreeNodes
          const { cloud } = nodes
          const writers = yield* startWriting(nodes, "all", true)
          yield* writers.more(100)
          const kill = ({ name }: { readonly name: string }) => cloud.end(name, "SIGKILL")
          yield* Effect.forEach(cloud.members, kill, { concurrency: "unbounded", discard: true })
          assert.deepStrictEqual(cloud.running(), [])
          yield* startAll(cloud)
          yield* writers.more(50)
          yield* writers.stop
          yield* holdsOnce(nodes, "all", writers)
        }),
      hangs
    )

    it.effect(
      "[RL5] a leader that stood still answers no read from before it was deposed",
      () =>
        Effect.gen(function* () {
          const nodes = yield* ThreeNodes
          const { cloud } = nodes
          const writers = yield* startWriting(nodes, "paused", true)
          yield* writers.more(10)
          const answersOfPaused = Effect.gen(function* () {
            const { address, name } = yield* leaderOf(cloud)
            yield* cloud.signal(name, "SIGSTOP")
            // Another one leads, since the writes go on.
            yield* writers.more(50)
            const before = writers.acknowledged.size
            // Asked while it stands still, so they are the first that it reads when it goes on.
            const ask = Effect.option(tokensAt(nodes, "paused", address))
            const reads = yield* Effect.forEach(Array.from({ length: 20 }), () =>
              Effect.forkScoped(ask)
            )
            yield* writers.more(50)
            yield* cloud.signal(name, "SIGCONT")
            const answers = (yield* Effect.forEach(reads, Fiber.join)).flatMap(Option.toArray)
            for (const tokens of answers) assert.isAtLeast(Object.keys(tokens).length, before)
            return answers
          })
          // On a busy machine it may stand still until its connection is given up, and answers none.
          const answers = yield* Effect.repeat(answersOfPaused, {
            until: ({ length }) => length > 0,
            times: 3
          })
          assert.isNotEmpty(answers)
          yield* writers.stop
          yield* holdsOnce(nodes, "paused", writers)
        }),
      hangs
    )
  }
)

/** Every node says that each acknowledged token was added once, and no other. None ended by itself. */
const holdsOnce = Effect.fnUntraced(function* (
  nodes: ThreeNodes["Service"],
  id: string,
  { acknowledged }: Writers
) {
  const wanted = Object.fromEntries(Array.from(acknowledged, (token) => [token, 1]))
  for (const { address } of nodes.cloud.members) {
    // One node alone may refuse for a moment.
    const tokens = yield* Effect.retry(tokensAt(nodes, id, address), { while: () => true })
    assert.deepEqual(tokens, wanted)
  }
  assert.deepStrictEqual(nodes.surprises, [])
})
