import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { InvariantViolation } from "../../src/invariant.ts"
import * as FramedSocket from "../../src/transport/FramedSocket.ts"
import * as MemorySocket from "../../src/transport/MemorySocket.ts"
import * as TransportLimits from "../../src/transport/TransportLimits.ts"
import { pattern, receiveCount, start, turns } from "./contract/harness.ts"

it.effect("[TR13] the frames of one turn leave in one write", () =>
  Effect.gen(function* () {
    const { connection, writes, other } = yield* open
    for (let nth = 0; nth < 3; nth++) {
      for (let frame = 0; frame < 64; frame++) yield* connection.send(pattern(100))
      yield* receiveCount(other, 64)
    }
    assert.deepStrictEqual(writes, [1, 1, 1])
  })
)

it.effect("[TR4] nothing is read from the socket until somebody receives", () =>
  Effect.gen(function* () {
    const { connection, other, pulls } = yield* open
    yield* other.send(pattern(10))
    yield* turns(20)
    assert.strictEqual(pulls(), 0)
    yield* connection.receive
    yield* turns(20)
    assert.strictEqual(pulls(), 1)
  })
)

it.effect("[TR4] frames that come after their receiver was interrupted wait for the next one", () =>
  Effect.gen(function* () {
    const { connection, other, pulls } = yield* open
    yield* Fiber.interrupt(yield* start(connection.receive))
    yield* other.send(pattern(10))
    yield* Effect.repeat(Effect.yieldNow, { until: () => pulls() === 1 })
    assert.deepStrictEqual(yield* connection.receive, [pattern(10)])
  })
)

it.effect("[TR6] after this side's close no frame is handed out any more", () =>
  Effect.gen(function* () {
    const { connection, other, pulls } = yield* open
    yield* Fiber.interrupt(yield* start(connection.receive))
    yield* other.send(pattern(10))
    yield* Effect.repeat(Effect.yieldNow, { until: () => pulls() === 1 })
    yield* start(connection.close)
    const error = yield* Effect.flip(connection.receive)
    assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Closed")
  })
)

it.effect("[TR8] a connection that is over has let go of its socket, before its scope ends", () =>
  Effect.gen(function* () {
    const { connection, other, opened } = yield* open
    assert.strictEqual(opened(), 2)
    yield* start(other.close)
    yield* Effect.flip(connection.receive)
    yield* connection.close
    assert.strictEqual(opened(), 0)
  })
)

it.effect(
  "[TR3] sending a frame of a size that no side takes is a bug, and harms no connection",
  () =>
    Effect.gen(function* () {
      const { connection, other } = yield* open
      const limits = yield* TransportLimits.current
      for (const bytes of [0, limits.frameMaxBytes + 1]) {
        const exit = yield* Effect.exit(connection.send(new Uint8Array(bytes)))
        assert.instanceOf(Exit.isFailure(exit) && Cause.squash(exit.cause), InvariantViolation)
      }
      yield* connection.send(pattern(1))
      assert.strictEqual((yield* receiveCount(other, 1)).length, 1)
    })
)

it.effect("[TR4] a second fiber that receives at the same time is a bug", () =>
  Effect.gen(function* () {
    const { connection } = yield* open
    yield* start(connection.receive)
    const exit = yield* Effect.exit(connection.receive)
    assert.instanceOf(Exit.isFailure(exit) && Cause.squash(exit.cause), InvariantViolation)
  })
)

it.effect("[TR8] a socket that does not open leaves nothing open", () =>
  Effect.gen(function* () {
    let opened = 0
    const failure = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1006 }) })
    const socket = Socket.make({
      reader: Effect.acquireRelease(
        Effect.sync(() => opened++),
        () => Effect.sync(() => opened--)
      ).pipe(Effect.andThen(Effect.fail(failure))),
      writer: Effect.die("not reached")
    })
    const limits = yield* TransportLimits.current
    const error = yield* Effect.flip(FramedSocket.make(socket, { remote: "nowhere", limits }))
    assert.strictEqual(error, failure)
    assert.strictEqual(opened, 0)
  })
)

it.effect(
  "[TR8] an interrupted dial, send, receive or close leaves the connection to its scope",
  () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { connection, other } = yield* Scope.provide(open, scope)
      for (const action of [connection.receive, connection.close]) {
        yield* Fiber.interrupt(yield* start(action))
      }
      const error = yield* Effect.flip(other.receive)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
      yield* Scope.close(scope, Exit.void)
    })
)

/** A connection whose socket counts, and its other end. Both end together. */
const open = Effect.gen(function* () {
  const limits = yield* TransportLimits.current
  const pair = yield* MemorySocket.makePair
  const writes: Array<number> = []
  let pulls = 0
  let opened = 0
  const counted = <A, E>(half: Effect.Effect<A, E, Scope.Scope>) =>
    Effect.tap(half, () =>
      Effect.acquireRelease(
        Effect.sync(() => opened++),
        () => Effect.sync(() => opened--)
      )
    )
  const counting = Socket.make({
    reader: Effect.map(counted(pair.left.reader), (reader) => ({
      ...reader,
      pull: Effect.tap(reader.pull, () => Effect.sync(() => pulls++))
    })),
    writer: Effect.map(counted(pair.left.writer), (writer) => ({
      ...writer,
      writeAll: (chunks) => {
        writes.push(chunks.length)
        return writer.writeAll(chunks)
      }
    }))
  })
  const connection = yield* FramedSocket.make(counting, { remote: "other", limits })
  const other = yield* FramedSocket.make(pair.right, { remote: "counting", limits })
  yield* Effect.addFinalizer(() =>
    Effect.all([connection.close, other.close], { concurrency: "unbounded" })
  )
  return { connection, other, writes, pulls: () => pulls, opened: () => opened }
})
