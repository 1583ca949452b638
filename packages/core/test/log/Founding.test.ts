/** A founder in memory that is gone before others have its log, and what must not be taken for that. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { LogIndex } from "../../src/log/ReplicatedLog.ts"
import { LogStorage } from "../../src/log/storage/LogStorage.ts"
import * as MemoryStorage from "../../src/log/storage/MemoryStorage.ts"
import { ReadEntries } from "../../src/service/LogServices.ts"
import { passing } from "../passing.ts"
import { cluster, leaderOf, makeNetwork, type NodeOptions } from "./raftNodes.ts"
import { append, bytes, commands, soon, until } from "./words.ts"

const names = ["a", "b", "c"]

describe("a founder that is gone before others have its log", { timeout: 30_000 }, () => {
  it.effect("[LM19] the nodes found the cloud anew, when it is back", () =>
    Effect.gen(function* () {
      const { log, nodes, start } = yield* foundedInVain()
      yield* Effect.sleep("1 minute")
      for (const node of nodes) assert.strictEqual(yield* node.log.identity, log)
      const all = [yield* start("a", names), ...nodes]
      const leader = yield* leaderOf(all)
      assert.notStrictEqual(yield* leader.log.identity, log)
      yield* append(leader, "one")
      for (const node of all) {
        assert.strictEqual(yield* node.log.identity, yield* leader.log.identity)
        assert.deepStrictEqual(yield* commands(node), ["one"])
      }
    }).pipe(passing)
  )

  it.effect("[LM20] [LM2] they wait, and nobody joins, while one of them is silent", () =>
    Effect.gen(function* () {
      const { cut, log, nodes, start } = yield* foundedInVain()
      const [b] = nodes
      yield* cut((from, to) => from === "c" || to === "c")
      const a = yield* start("a", names)
      yield* Effect.sleep("1 minute")
      assert.strictEqual(yield* b!.log.identity, log)
      assert.strictEqual((yield* Effect.flip(a.log.identity)).reason, "Joining")
      yield* cut(() => false)
      assert.notStrictEqual(yield* (yield* leaderOf([a, ...nodes])).log.identity, log)
    }).pipe(passing)
  )

  it.effect("[LM20] on disks they wait for what may still be on one of them", () =>
    Effect.gen(function* () {
      const { log, nodes, start } = yield* foundedInVain({ storage: onDisk })
      const a = yield* start("a", names, { storage: onDisk })
      yield* Effect.sleep("1 minute")
      for (const node of nodes) assert.strictEqual(yield* node.log.identity, log)
      assert.strictEqual((yield* Effect.flip(a.log.identity)).reason, "Joining")
    }).pipe(passing)
  )

  it.effect("[LM20] who waits for entries of that log gets none of the next", () =>
    Effect.gen(function* () {
      const { caller, log, nodes, start } = yield* foundedInVain()
      const asked = { cluster, log, from: LogIndex.make(1), waitMs: 20_000 }
      const read = yield* Effect.forkChild(Effect.flip(caller("b")(ReadEntries, asked)))
      yield* leaderOf([yield* start("a", names), ...nodes])
      assert.strictEqual((yield* Fiber.join(read))._tag, "LogRegressed")
    }).pipe(passing)
  )
})

describe("a log of which something is left", { timeout: 30_000 }, () => {
  it.effect("[LM20] is not given up while one voter has an entry", () =>
    Effect.gen(function* () {
      const { cut, start, startAll } = yield* makeNetwork
      yield* cut((from, to, way) => way === "frame" && (from === "c" || to === "c"))
      const [a, b, c] = yield* startAll(names)
      yield* leaderOf([a!, b!])
      yield* append(a!, "kept")
      const log = yield* until(c!.log.identity)
      yield* Effect.all([a!.stop, c!.stop])
      yield* cut(() => false)
      const back = [yield* start("a", names), yield* start("c", names)]
      yield* Effect.sleep("1 minute")
      for (const node of [...back, b!]) assert.strictEqual(yield* node.log.identity, log)
    }).pipe(passing)
  )

  it.effect.each(["entries", "a snapshot"])(
    "[LM20] is not given up while a node that is no member has copied %s",
    (what) =>
      Effect.gen(function* () {
        const { start, startAll } = yield* makeNetwork
        const all = [...names, "d"]
        const nodes = yield* startAll(all)
        const leader = yield* leaderOf(nodes)
        yield* append(leader, "one")
        const replica = nodes[3]!
        const log = yield* replica.log.identity
        if (what === "entries") yield* commands(replica)
        else {
          const at = yield* leader.log.barrier
          yield* leader.log.snapshots.write(at, Stream.make(bytes("one")))
          // It asks any member, and only one of them has it.
          yield* Effect.repeat(replica.log.snapshots.latest, { ...soon, until: Option.isSome })
        }
        yield* Effect.forEach(nodes.slice(0, 3), ({ stop }) => stop)
        const back = yield* Effect.forEach(names, (name) => start(name, all))
        yield* Effect.sleep("1 minute")
        for (const node of [...back, replica]) assert.strictEqual(yield* node.log.identity, log)
      }).pipe(passing)
  )
})

/** The first of three nodes founds a cloud, and dies when the others know no more than the name of its log. */
const foundedInVain = Effect.fnUntraced(function* (options?: NodeOptions) {
  const { caller, cut, start, startAll } = yield* makeNetwork
  yield* cut((_from, _to, way) => way === "frame")
  const [founder, ...nodes] = yield* startAll(names, () => options ?? {})
  const log = yield* until(founder!.log.identity)
  for (const node of nodes) assert.strictEqual(yield* until(node.log.identity), log)
  yield* founder!.stop
  yield* cut(() => false)
  return { caller, cut, log, nodes, start }
})

/** Its processes die for good in these tests, so nothing has to be kept. */
const onDisk = Layer.effect(
  LogStorage,
  Effect.map(MemoryStorage.make(), (storage) => ({ ...storage, durability: "disk" as const }))
)
