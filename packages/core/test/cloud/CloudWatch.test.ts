import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { UserOperation } from "@distri/store/command/Command"
import type { Client } from "../../src/client/Client.ts"
import type { ChangeEvent, WatchSpec } from "../../src/database/Documents.ts"
import { address, Base, startClient, startNode } from "./cloud.ts"

const ports = [7401, 7402, 7403]
const others = (port: number) => ports.filter((other) => other !== port)
const startThree = Effect.forEach(ports, (port) => startNode(port, others(port)), {
  concurrency: "unbounded"
})

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }
const put = (id: string, n: number): UserOperation => ({
  _tag: "UpdateDocument",
  collection: "a",
  id,
  replace: { _id: id, n, bytes: new Uint8Array([n]) },
  upsert: true
})

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

type Service = Client["Service"]

/** The events of a watch as they come. `until` waits for one of them. */
const watched = Effect.fnUntraced(function* (client: Service, spec: WatchSpec) {
  const events: Array<ChangeEvent> = []
  const fiber = yield* client.documents.watch(spec).pipe(
    Stream.runForEach((event) => Effect.sync(() => events.push(event))),
    Effect.forkScoped
  )
  const until = (done: (event: ChangeEvent) => boolean) =>
    Effect.suspend(() => {
      const exit = fiber.pollUnsafe()
      return exit !== undefined && Exit.isFailure(exit)
        ? Effect.die(Cause.squash(exit.cause))
        : Effect.succeed(events.find(done))
    }).pipe(
      Effect.repeat({ while: (found) => found === undefined, schedule: Schedule.spaced(5) }),
      Effect.map((found) => found!)
    )
  return { events, fiber, until }
})

const isReady = ({ kind }: ChangeEvent) => kind === "ready"
const of = (id: string) => (event: ChangeEvent) => "id" in event && event.id === id

/** How many rounds wait at the node at `port`. */
const waiting = (client: Service, port: number) =>
  Effect.map(client.collectStats, (all) => {
    const stats = all.get(address(port))
    if (stats === undefined || Result.isFailure(stats)) return { running: 0, inFlight: 0 }
    const { load, running } = stats.success
    return { running, inFlight: load.inFlight }
  })

describe("a watch from afar", { timeout: 30_000 }, () => {
  it.live("[ST16] shows the documents as they are, and then what anyone changes at any node", () =>
    Effect.gen(function* () {
      yield* startThree
      const [writer, reader] = [yield* startClient(ports), yield* startClient(ports)]
      yield* writer.documents.execute(create)
      for (const id of ["1", "2", "3"]) yield* writer.documents.execute(put(id, 1))
      const filter = { n: { $lt: 10 } }
      // The reader asks as new as it can be, so that it sees what another client wrote.
      yield* reader.documents.read({ collection: "a" })
      const { events, until } = yield* watched(reader, { collection: "a", filter, from: "start" })
      yield* until(isReady)
      assert.deepStrictEqual(
        events.map((event) => event.kind),
        ["initial", "initial", "initial", "ready"]
      )
      yield* writer.documents.execute(put("2", 11))
      yield* writer.documents.execute(put("4", 4))
      assert.deepInclude(yield* until(of("4")), {
        kind: "entered",
        cause: "added",
        after: { _id: "4", n: 4, bytes: new Uint8Array([4]) }
      })
      assert.deepInclude(events[4], { kind: "left", id: "2" })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live(
    "[CL17] [CL18] goes on at another node when its node stops, misses nothing, and holds up no drain",
    () =>
      Effect.gen(function* () {
        const scopes = yield* Effect.forEach(
          ports,
          Effect.fnUntraced(function* (port) {
            const scope = yield* Scope.make()
            yield* Scope.provide(startNode(port, others(port)), scope)
            return [port, scope] as const
          }),
          { concurrency: "unbounded" }
        )
        const [writer, reader] = [yield* startClient([7401]), yield* startClient(ports, 3)]
        yield* writer.documents.execute(create)
        yield* reader.documents.read({ collection: "a" })
        const watches = yield* Effect.forEach(Array.from({ length: 12 }), () =>
          watched(reader, { collection: "a" })
        )
        for (const { until } of watches) yield* until(isReady)
        const writes = yield* Effect.forkScoped(
          Effect.forEach(
            Array.from({ length: 100 }, (_, n) => n + 1),
            (n) => Effect.andThen(writer.documents.execute(put("1", n)), Effect.sleep(2))
          )
        )
        // The followers, one after the other. Nobody waits for a round that waits for changes.
        for (const [port, scope] of scopes.filter(([port]) => port !== 7401)) {
          const stopped = yield* Effect.timeoutOption(Scope.close(scope, Exit.void), "15 seconds")
          assert.isTrue(Option.isSome(stopped), `${port} stopped in time`)
        }
        yield* Fiber.join(writes)
        for (const { events, until } of watches) {
          yield* until((event) => event.kind === "changed" && event.after?.["n"] === 100)
          const seen = events.flatMap((event) =>
            event.kind === "entered" || event.kind === "changed" ? [event.after!["n"]] : []
          )
          assert.deepStrictEqual(
            seen,
            Array.from({ length: 100 }, (_, n) => n + 1)
          )
        }
      }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("a round that waits is no load, and ends with whoever asked", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      yield* client.documents.execute(create)
      const scope = yield* Scope.make()
      const watches = Array.from({ length: 5 }, () =>
        Scope.provide(watched(client, { collection: "a" }), scope)
      )
      yield* Effect.all(watches)
      const wait = (count: number) =>
        Effect.repeat(waiting(client, 7401), {
          while: ({ running }) => running !== count,
          schedule: Schedule.spaced(5)
        })
      assert.strictEqual((yield* wait(5)).inFlight, 0)
      yield* Scope.close(scope, Exit.void)
      yield* wait(0)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[ST22] ends with its collection, and a filter that is wrong is told", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient(ports)
      yield* client.documents.execute(create)
      const { fiber, until } = yield* watched(client, { collection: "a" })
      yield* until(isReady)
      yield* client.documents.execute({ _tag: "DeleteCollection", collection: "a" })
      assert.deepInclude(yield* Effect.flip(Fiber.join(fiber)), { _tag: "CollectionDropped" })
      const gone = Stream.runDrain(client.documents.watch({ collection: "a" }))
      assert.deepInclude(yield* Effect.flip(gone), { _tag: "CollectionNotFound" })
      const wrong = client.documents.watch({ collection: "a", filter: { $no: 1 } })
      assert.deepInclude(yield* Effect.flip(Stream.runDrain(wrong)), { _tag: "FilterError" })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("by bytes: JSON of what happened after the version of a read, and a token to go on", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient(ports)
      const ask = (filter: unknown, ...params: ReadonlyArray<string>) =>
        client
          .sendDataWithParams(
            filter === undefined ? new Uint8Array() : bytes(filter),
            "Watch",
            params
          )
          .pipe(Effect.map((reply) => JSON.parse(new TextDecoder().decode(reply)) as Reply))
      const { version } = yield* client.documents.execute(create)
      yield* client.documents.execute(put("1", 1))
      yield* client.documents.execute(put("2", 2))
      const { events, token } = yield* ask({ n: 2 }, "a", String(version))
      assert.deepStrictEqual(
        events.map(({ after, kind }) => ({ kind, after })),
        [{ kind: "entered", after: { _id: "2", n: 2, bytes: { $bytes: "Ag==" } } }]
      )
      const next = yield* Effect.forkScoped(ask(undefined, "a", token, "", "5000"))
      yield* client.documents.execute(put("2", 3))
      assert.deepStrictEqual(
        (yield* Fiber.join(next)).events.map(({ kind }) => kind),
        ["changed"]
      )
      assert.deepInclude(yield* Effect.flip(ask(undefined, "a", "no token")), {
        _tag: "ServiceError"
      })
      assert.deepInclude(yield* Effect.flip(ask(undefined, "a", "", "0")), {
        _tag: "InvalidPayload"
      })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})

interface Reply {
  readonly events: ReadonlyArray<{ readonly kind: string; readonly after?: unknown }>
  readonly token: string
}
