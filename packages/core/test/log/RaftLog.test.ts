/** What is special about the log of a quorum. The laws of every log run in packages/simulation. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { ClusterId, entryMaxBytes, WrongCluster } from "../../src/log/ReplicatedLog.ts"
import { AppendEntry, JoinLog } from "../../src/service/LogServices.ts"
import { passing } from "../passing.ts"
import { cluster, leaderOf, makeNetwork, type Running } from "./raftNodes.ts"
import { append, bytes, commands, soon, until } from "./words.ts"

const names = ["a", "b", "c"]

describe("the log of a quorum", { timeout: 30_000 }, () => {
  it.effect("[RL15] nodes of two clouds never share a log, though they know each other", () =>
    Effect.gen(function* () {
      const { caller, start } = yield* makeNetwork
      const ours = yield* start("a", [])
      yield* leaderOf([ours])
      const theirs = ClusterId.make("theirs")
      const other = yield* start("b", ["a"], { cluster: theirs })
      yield* Effect.sleep("10 seconds")
      assert.strictEqual((yield* Effect.flip(other.log.identity)).reason, "Joining")
      const data = new Uint8Array(1)
      for (const request of [
        caller("a")(JoinLog, { cluster: theirs, id: "b/1", durability: "memory" }),
        caller("a")(AppendEntry, { cluster: theirs, id: "1", data, deadlineMs: 1000 })
      ]) {
        const error = yield* Effect.flip(request as Effect.Effect<unknown, { _tag: string }>)
        assert.deepStrictEqual(error, new WrongCluster({ ours: theirs, theirs: cluster }))
      }
      assert.deepStrictEqual(yield* commands(ours), [])
    }).pipe(passing)
  )

  it.effect("[LM2] who hears of two logs joins the one that has a leader", () =>
    Effect.gen(function* () {
      const { start } = yield* makeNetwork
      // Nobody leads the log that the second one has, once the first is gone.
      const dead = yield* start("a", ["b"], { membership: { votersMax: 1 } })
      const second = yield* start("b", ["a"])
      yield* leaderOf([dead])
      assert.strictEqual(yield* dead.log.identity, yield* until(second.log.identity))
      const alone = yield* start("c", [])
      yield* leaderOf([alone])
      yield* dead.stop
      yield* Effect.sleep("10 seconds")
      const joins = yield* start("d", ["b", "c"])
      assert.strictEqual(yield* until(joins.log.identity), yield* alone.log.identity)
    }).pipe(passing)
  )

  it.effect("[LM1] nodes found nothing while one that they were told of is silent", () =>
    Effect.gen(function* () {
      const { start } = yield* makeNetwork
      const early = [yield* start("a", names), yield* start("b", names)]
      yield* Effect.sleep("1 minute")
      for (const { log } of early)
        assert.strictEqual((yield* Effect.flip(log.identity)).reason, "Joining")
      const all = [...early, yield* start("c", names)]
      const leader = yield* leaderOf(all)
      for (const { log } of all) assert.strictEqual(yield* log.identity, yield* leader.log.identity)
    }).pipe(passing)
  )

  it.effect("[RL2] what a leader acknowledged is at its successor, again and again", () =>
    Effect.gen(function* () {
      const { cut, startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      const appended: Array<string> = []
      for (let round = 0; round < 10; round += 1) {
        const leader = yield* leaderOf(nodes)
        for (let at = 0; at < 5; at += 1) {
          const word = `${round}.${at}`
          yield* append(leader, word)
          appended.push(word)
        }
        yield* cut((from, to) => (from === leader.name) !== (to === leader.name))
        // What it takes in now, nobody may see, or everybody.
        const lost = yield* Effect.forkChild(
          Effect.result(leader.log.append(bytes("?"), { id: "?", deadline: "3 seconds" }))
        )
        yield* leaderOf(nodes.filter((node) => node !== leader))
        yield* Fiber.join(lost)
        yield* cut(() => false)
      }
      yield* leaderOf(nodes)
      const all = yield* Effect.forEach(nodes, commands)
      for (const found of all)
        assert.deepStrictEqual(
          found.filter((word) => word !== "?"),
          appended
        )
      assert.deepStrictEqual(all[1], all[0])
      assert.deepStrictEqual(all[2], all[0])
    }).pipe(passing)
  )

  it.effect(
    "[RL9] [LM11] cut off from the others, a leader refuses, and nothing of it appears",
    () =>
      Effect.gen(function* () {
        const { cut, startAll } = yield* makeNetwork
        const nodes = yield* startAll(names)
        const leader = yield* leaderOf(nodes)
        yield* append(leader, "before")
        yield* cut((from, to) => (from === leader.name) !== (to === leader.name))
        const startedMs = yield* Clock.currentTimeMillis
        yield* Effect.repeat(leader.member.status, {
          until: ({ role }) => role !== "leader",
          schedule: Schedule.spaced("10 millis")
        })
        // It does not take itself for the leader for longer than others wait before they elect one.
        assert.isAtMost((yield* Clock.currentTimeMillis) - startedMs, 3000)
        const write = leader.log.append(bytes("refused"), { id: "1" })
        assert.deepInclude(yield* Effect.flip(write), { _tag: "Unavailable", reason: "NoLeader" })
        assert.strictEqual((yield* Effect.flip(leader.log.barrier))._tag, "Unavailable")
        yield* cut(() => false)
        yield* append(yield* leaderOf(nodes), "after")
        for (const node of nodes) assert.deepStrictEqual(yield* commands(node), ["before", "after"])
      }).pipe(passing)
  )

  it.effect("[RL9] what no log takes is refused as such, also where nobody leads", () =>
    Effect.gen(function* () {
      const { cut, startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      yield* leaderOf(nodes)
      yield* cut(() => true)
      for (const { log } of nodes) {
        const error = yield* Effect.flip(log.append(new Uint8Array(entryMaxBytes + 1), { id: "1" }))
        assert.deepInclude(error, { _tag: "TooLarge", maxBytes: entryMaxBytes })
      }
    }).pipe(passing)
  )

  it.effect("[LM16] a node that is no member copies from whoever is there", () =>
    Effect.gen(function* () {
      const { startAll } = yield* makeNetwork
      const nodes = yield* startAll(["a", "b", "c", "d"])
      const leader = yield* leaderOf(nodes)
      const replica = nodes[3]!
      assert.strictEqual((yield* replica.member.status).role, "replica")
      yield* append(replica, "one")
      assert.deepStrictEqual(yield* commands(replica), ["one"])
      yield* leader.stop
      const left = nodes.filter((node) => node !== leader)
      yield* leaderOf(left)
      yield* append(replica, "two")
      assert.deepStrictEqual(yield* commands(replica), ["one", "two"])
    }).pipe(passing)
  )

  it.effect("[LM8] a node that left is not taken in again, and follows the log on", () =>
    Effect.gen(function* () {
      const { startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      const leaver = yield* leaderOf(nodes)
      yield* leaver.member.leave
      yield* leaderOf(nodes.filter((node) => node !== leaver))
      for (const word of ["one", "two"]) {
        // Longer than anybody remembers who left.
        yield* Effect.sleep("70 seconds")
        assert.strictEqual((yield* leaver.member.status).role, "replica")
        yield* append(leaver, word)
      }
      assert.deepStrictEqual(yield* commands(leaver), ["one", "two"])
    }).pipe(passing)
  )

  it.effect("[LM8] the last voter cannot leave, and stays one when others have come", () =>
    Effect.gen(function* () {
      const { start, startAll } = yield* makeNetwork
      const [first, ...gone] = yield* startAll(names)
      yield* Effect.forEach([first!, ...gone], ({ member }) => member.settled)
      for (const { member, stop } of gone) yield* Effect.andThen(member.leave, stop)
      yield* voting(first!, 1)
      const refused = yield* Effect.flip(first!.member.leave)
      assert.strictEqual(refused.reason, "NoQuorum")
      const nodes = [first!, yield* start("b", names), yield* start("c", names)]
      yield* voting(first!, 3)
      yield* first!.member.handOver
      yield* Effect.sleep("10 seconds")
      const { voters } = yield* (yield* leaderOf(nodes)).member.status
      assert.deepStrictEqual(voters.toSorted(), names)
    }).pipe(passing)
  )

  it.effect("[LM8] a node that could ask nobody to let it go is a voter as before", () =>
    Effect.gen(function* () {
      const { cut, startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      const leader = yield* leaderOf(nodes)
      const stays = nodes.find((node) => node !== leader)!
      yield* Effect.forEach(nodes, ({ member }) => member.settled)
      yield* cut((from, to) => (from === stays.name) !== (to === stays.name))
      assert.strictEqual((yield* Effect.flip(stays.member.leave))._tag, "Unavailable")
      yield* cut(() => false)
      // Longer than anybody remembers who leaves.
      yield* Effect.sleep("70 seconds")
      const { voters } = yield* (yield* leaderOf(nodes)).member.status
      assert.deepStrictEqual(voters.toSorted(), names)
    }).pipe(passing)
  )

  it.effect("[LM8] a node that was not let go is a voter as before, also once it could go", () =>
    Effect.gen(function* () {
      const { cut, startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      const leader = yield* leaderOf(nodes)
      const [stays, away] = nodes.filter((node) => node !== leader)
      yield* Effect.forEach(nodes, ({ member }) => member.settled)
      yield* cut((from, to) => (from === away!.name) !== (to === away!.name))
      yield* Effect.sleep("5 seconds")
      assert.strictEqual((yield* Effect.flip(stays!.member.leave))._tag, "Unavailable")
      yield* cut(() => false)
      for (let look = 0; look < 50; look += 1) {
        yield* Effect.sleep("500 millis")
        const { voters } = yield* (yield* leaderOf(nodes)).member.status
        assert.deepStrictEqual(voters.toSorted(), names)
      }
    }).pipe(passing)
  )

  it.effect("[LM15] who fetches from a leader that stands still goes on with its successor", () =>
    Effect.gen(function* () {
      const { cut, freeze, startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      yield* Effect.forEach(nodes, ({ member }) => member.settled)
      const leader = yield* leaderOf(nodes)
      const [next, behind] = nodes.filter((node) => node !== leader)
      yield* cut((from, to) => (from === behind!.name) !== (to === behind!.name))
      for (const word of ["one", "two"]) yield* append(leader, word)
      const last = yield* next!.log.barrier
      for (const { log } of [leader, next!]) {
        yield* log.snapshots.write(last, Stream.make(bytes("state")))
        yield* log.trim(last)
      }
      // The offer of the first leader arrives, and nothing of what is then fetched from it.
      yield* cut((from, to, way) =>
        [from, to].includes(behind!.name)
          ? way === "call" || [from, to].includes(next!.name)
          : false
      )
      yield* Effect.sleep("1 second")
      yield* freeze(leader.name)
      yield* cut(() => false)
      const frozenMs = yield* Clock.currentTimeMillis
      yield* until(next!.log.append(bytes("three"), { id: "three", deadline: "1 second" }))
      assert.isBelow((yield* Clock.currentTimeMillis) - frozenMs, 20_000)
    }).pipe(passing)
  )

  it.effect("[RL13] a leader without room says so on its node, whichever node fills it", () =>
    Effect.gen(function* () {
      const { startAll } = yield* makeNetwork
      const nodes = yield* startAll(names, () => ({ retainedMaxBytes: 8192 }))
      const leader = yield* leaderOf(nodes)
      const other = nodes.find((node) => node !== leader)!
      const [full, none] = yield* Effect.forEach([leader, other], ({ log }) =>
        Effect.forkChild(log.full, { startImmediately: true })
      )
      const refused = yield* Effect.flip(
        Effect.repeat(append(other, "x".repeat(1000)), { times: 100 })
      )
      assert.strictEqual(refused._tag, "Overloaded")
      yield* Fiber.join(full!)
      assert.isUndefined(none!.pollUnsafe())
    }).pipe(passing)
  )

  it.effect("[RL13] a leader that only has too much to do does not say that it has no room", () =>
    Effect.gen(function* () {
      const { start } = yield* makeNetwork
      const node = yield* start("a", [], { raft: { uncommittedMaxBytes: 2000 } })
      yield* leaderOf([node])
      const full = yield* Effect.forkChild(node.log.full, { startImmediately: true })
      const some = Array.from({ length: 10 }, () =>
        node.log.append(new Uint8Array(1000), { id: "" })
      )
      const answers = yield* Effect.forEach(some, Effect.exit, { concurrency: "unbounded" })
      assert.isTrue(answers.some(Exit.isFailure))
      yield* Effect.sleep("1 second")
      assert.isUndefined(full.pollUnsafe())
    }).pipe(passing)
  )

  it.effect("[LM12] an append whose leader stands still is Ambiguous once there is another", () =>
    Effect.gen(function* () {
      const { freeze, startAll } = yield* makeNetwork
      const nodes = yield* startAll(names)
      const leader = yield* leaderOf(nodes)
      const [other, third] = nodes.filter((node) => node !== leader)
      yield* Effect.forEach(nodes, ({ member }) => member.settled)
      yield* freeze(leader.name)
      const write = other!.log.append(bytes("?"), { id: "?", deadline: "30 days" })
      const error = yield* Effect.flip(write)
      assert.strictEqual(error._tag, "Ambiguous")
      yield* leaderOf([other!, third!])
    }).pipe(passing)
  )
})

/** Ends once as many vote as far as `node` knows. */
const voting = ({ member }: Running, count: number) =>
  Effect.repeat(member.status, { until: ({ voters }) => voters.length === count, ...soon })
