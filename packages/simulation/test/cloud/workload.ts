/** One client of a simulated cloud: what it does in a round, drawn from its own random numbers. */
import { Client } from "@distri/core/client/Client"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type * as Sim from "../../src/sim/Sim.ts"
import { Counters, Registers, Tokens } from "./collections.ts"
import type { Input, Output } from "./model.ts"
import { isExpected, isRefused } from "./outcomes.ts"
import type { Profile } from "./profile.ts"
import type { Consistency, Told } from "./versions.ts"

export type CloudClient = Sim.Client<Input, Output>

type Errors = { readonly _tag: string }
type Operation = (key: string) => Effect.Effect<unknown, Errors>

const oneOf = <A>(list: ReadonlyArray<A>) =>
  Effect.map(Random.nextIntBetween(0, list.length - 1), (at) => list[at]!)

/** Creates what all clients need, however long that takes. */
export const createAll = Effect.gen(function* () {
  const client = yield* Client
  for (const collection of [Registers, Counters, Tokens]) {
    yield* client.collection(collection as typeof Registers).create.pipe(
      Effect.catchIf(isExpected, () =>
        Effect.andThen(Effect.sleep("500 millis"), Effect.fail("again"))
      ),
      Effect.retry({ while: (error) => error === "again" }),
      Effect.orDie
    )
  }
})

/** One operation and a pause. */
export const makeRound = Effect.fnUntraced(function* (
  { call, name }: CloudClient,
  { documents, kinds, thinkMs, timeoutMs }: Profile
) {
  const client = yield* Client
  const registers = client.collection(Registers)
  const counters = client.collection(Counters)
  const tokens = client.collection(Tokens)
  const keys = Array.from({ length: documents }, (_, at) => `d${at}`)
  const timeout = `${timeoutMs} millis` as const
  let numbers = 0
  const mine: Array<string> = []

  /** Unique in the whole run, so that a value says who wrote it. */
  const fresh = () => numbers++ * 100 + Number(name.slice(1))

  /**
   * Under one key, again and again until somebody knows what became of it; at random once more after that.
   * All of it is one operation. Many of unknown outcome would be more than a checker can try out.
   */
  const repeated = <E extends Errors>(
    send: (idempotencyKey: string) => Effect.Effect<unknown, E>
  ) =>
    Effect.gen(function* () {
      const key = `${name}/${fresh()}`
      yield* send(key).pipe(
        Effect.retry({ times: 40, while: isExpected, schedule: Schedule.spaced("500 millis") })
      )
      if ((yield* Random.next) < 0.2) yield* Effect.ignore(send(key))
      return undefined
    })

  const read = (key: string) =>
    call(
      { on: "register", key, kind: "read" },
      Effect.map(registers.get(key, { timeout }), (found) =>
        Option.match(found, { onNone: () => undefined, onSome: ({ document }) => document.value })
      ),
      isRefused
    )

  const write = (key: string) => {
    const value = fresh()
    return call(
      { on: "register", key, kind: "write", value },
      Effect.as(registers.update(key, { set: { value } }, { upsert: true, timeout }), undefined),
      isRefused
    )
  }

  /** Of what was read just before; the revision stands for the value. */
  const compareAndSet = Effect.fnUntraced(function* (key: string) {
    const found = yield* registers.get(key, { timeout })
    if (Option.isNone(found)) return
    const { document, rev } = found.value
    const value = fresh()
    yield* call(
      { on: "register", key, kind: "compareAndSet", expected: document.value, value },
      registers.update(key, { set: { value } }, { ifRev: rev, timeout }).pipe(
        Effect.as(true),
        Effect.catchTag("RevisionMismatch", () => Effect.succeed(false))
      ),
      isRefused
    )
  })

  const increment = (key: string) =>
    call(
      { on: "counter", key, kind: "increment" },
      repeated((idempotencyKey) =>
        counters.update(key, { inc: { count: 1 } }, { upsert: true, timeout, idempotencyKey })
      )
    )

  const count = (key: string) =>
    call(
      { on: "counter", key, kind: "read" },
      Effect.map(counters.get(key, { timeout }), (found) =>
        Option.match(found, { onNone: () => 0, onSome: ({ document }) => document.count })
      ),
      isRefused
    )

  const add = () => {
    const token = `${name}/${fresh()}`
    mine.push(token)
    return call(
      { on: "tokens", kind: "add", token },
      repeated((idempotencyKey) => tokens.add({ _id: token }, { timeout, idempotencyKey }))
    )
  }

  const remove = () => {
    const token = mine.shift()
    if (token === undefined) return Effect.void
    return call(
      { on: "tokens", kind: "remove", token },
      repeated((idempotencyKey) =>
        Effect.catchTag(
          tokens.delete(token, { timeout, idempotencyKey }),
          "DocumentNotFound",
          // Its adding had an unknown outcome.
          () => Effect.void
        )
      )
    )
  }

  const all = () =>
    call(
      { on: "tokens", kind: "read" },
      Effect.map(tokens.read({}, { timeout, limit: 1_000 }), ({ found }) =>
        found.map(({ document }) => document._id)
      ),
      isRefused
    )

  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const told = ({ version }: { readonly version: number }): Told => ({ version, atMs: nowMs() })

  const asked = (kind: Consistency) =>
    Effect.gen(function* () {
      const maxLagMs = yield* oneOf([0, 200, 2_000])
      yield* call(
        { on: "versions", kind, atMs: nowMs(), maxLagMs },
        Effect.map(
          registers.read({}, { consistency: kind, maxLag: maxLagMs, limit: 1, timeout }),
          told
        ),
        isRefused
      ).pipe(
        // There was a time before the collection, and these two may be that old.
        Effect.catchIf(
          ({ _tag }) => _tag === "CollectionNotFound" && (kind === "bounded" || kind === "local"),
          () => Effect.void
        )
      )
    })

  const written = () =>
    call(
      { on: "versions", kind: "write", atMs: nowMs(), maxLagMs: 0 },
      Effect.map(
        registers.update("versions", { set: { value: fresh() } }, { upsert: true, timeout }),
        told
      ),
      isRefused
    )

  const operations: Record<Input["on"], ReadonlyArray<Operation>> = {
    register: [read, read, write, write, compareAndSet],
    counter: [increment, increment, count],
    tokens: [add, add, remove, all],
    versions: [
      written,
      () => asked("linearizable"),
      () => asked("session"),
      () => asked("bounded"),
      () => asked("local")
    ]
  }

  return Effect.gen(function* () {
    const key = yield* oneOf(keys)
    const operation = yield* oneOf(operations[yield* oneOf(kinds)])
    yield* operation(key).pipe(
      Effect.catchIf(isExpected, () => Effect.void),
      Effect.orDie
    )
    // Often at once: what was just written is asked of another node.
    if (yield* Random.nextBoolean) yield* Effect.sleep(4 * thinkMs * (yield* Random.next))
  })
})
