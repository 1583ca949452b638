import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ReadRefusal, type ReadRefused } from "@distri/store/command/Refusal"
import { pageDefault } from "@distri/store/command/Limits"
import { get } from "@distri/store/query/Search"
import * as Tally from "@distri/store/query/Tally"
import type { Query } from "@distri/store/query/Query"
import * as Reader from "@distri/store/query/Reader"
import type { State } from "@distri/store/state/State"
import type { Fields } from "@distri/store/value/Value"
import { ReplicatedLog } from "../../log/ReplicatedLog.ts"
import { Overloaded } from "../../service/Refusal.ts"
import { CursorElsewhere, CursorExpired, type ReadError } from "../DatabaseError.ts"
import type { Found, PageOptions, ReadOptions } from "../Documents.ts"
import * as Cursors from "./cursors.ts"
import * as Freshness from "./freshness.ts"
import type * as Pins from "./pins.ts"
import type * as Replica from "./replica.ts"
import type { SnapshotPage } from "./watchStart.ts"

/** Documents that a reader looks at before it lets others run. */
const budget = 1000

/** Answers reads from `copy`. `home` names this node in the cursors of its snapshots. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  pins: ReturnType<typeof Pins.make>,
  home: string
) {
  const log = yield* ReplicatedLog
  const random = yield* SecureRandom.SecureRandom
  const { cluster } = log.info

  const { barrier, confirmed, followed, footing, stateFor } = yield* Freshness.make(copy)

  /** The state that the cursor's snapshot kept. */
  const pinned = Effect.fnUntraced(function* (pin: Cursors.Pin) {
    if (pin.home !== home) return yield* new CursorElsewhere({ home: pin.home })
    const state = pins.get(pin.id, yield* Clock.currentTimeMillis)
    return state ?? (yield* new CursorExpired())
  })

  const read = Effect.fnUntraced(function* (
    query: Query,
    options: PageOptions = {}
  ): Effect.fn.Return<SnapshotPage, ReadError> {
    const { cursor: text, limit = pageDefault, mode = "live" } = options
    const cursor = text === undefined ? undefined : Cursors.decode(cluster, text)
    if (text !== undefined && cursor === undefined) return yield* refusal({ _tag: "CursorInvalid" })
    const state = yield* cursor?.pin === undefined ? stateFor(options) : pinned(cursor.pin)
    const resume = cursor === undefined ? {} : { resume: cursor.resume }
    const { page } = yield* finish(Reader.open(state, query, { limit, ...resume }))
    const { found, next } = page
    const log = mode === "snapshot" ? followed() : undefined
    const version = { version: state.index, ...(log !== undefined && { log }) }
    if (next === undefined) {
      if (cursor?.pin !== undefined) pins.drop(cursor.pin.id)
      return { found, ...version }
    }
    let pin = cursor?.pin
    if (pin === undefined && mode === "snapshot") {
      pin = { home, id: yield* random.ulid }
      if (!pins.keep(pin.id, state, yield* Clock.currentTimeMillis))
        return yield* new Overloaded({ retryAfterMs: 1000, reason: "memory" })
    }
    const place = { resume: next, ...(pin !== undefined && { pin }) }
    return { found, next: Cursors.encode(cluster, place), ...version }
  })

  return {
    barrier,
    confirmed,
    footing,
    read,
    // A local read by id costs little more than finding the document: no step that need not be.
    get: (
      collection: string,
      id: string,
      options: ReadOptions = {}
    ): Effect.Effect<Option.Option<Found>, ReadError> =>
      options.consistency === "local"
        ? Effect.suspend(() => got(copy.current(), collection, id))
        : Effect.flatMap(stateFor(options), (state) => got(state, collection, id)),
    count: Effect.fnUntraced(function* (
      collection: string,
      filter?: Fields,
      options: ReadOptions = {}
    ) {
      const query = { collection, ...(filter !== undefined && { filter }) }
      return (yield* finish(Tally.count(yield* stateFor(options), query))).count
    }),
    explain: Effect.fnUntraced(function* (query: Query, options: ReadOptions = {}) {
      return (yield* finish(Tally.explain(yield* stateFor(options), query))).explained
    }),
    sweep: Effect.map(Clock.currentTimeMillis, pins.sweep)
  }
})

const got = (
  state: State,
  collection: string,
  id: string
): Effect.Effect<Option.Option<Found>, ReadError> => {
  const found = get(state, collection, id)
  if (found._tag !== "Got") return refusal(found)
  if (found.stored === undefined) return Effect.succeedNone
  const { document, rev } = found.stored
  return Effect.succeed(Option.some({ document, rev }))
}

/** Runs a reader to its end, and lets others run in between. */
const finish = Effect.fnUntraced(function* <A extends Ended>(
  reader: Reader.Reader<A> | ReadRefused
): Effect.fn.Return<A, ReadError> {
  if (reader._tag !== "Reader") return yield* refusal(reader)
  for (;;) {
    const step: Reader.More | A | ReadRefused = reader.next(budget)
    if (isEnded<A>(step)) return step
    if (step._tag !== "More") return yield* refusal(step as ReadRefused)
    yield* Effect.yieldNow
  }
})

type Ended = Reader.PageRead | Tally.Counted | Tally.Explanation

const isEnded = <A extends Ended>(step: Reader.More | A | ReadRefused): step is A =>
  step._tag === "Page" || step._tag === "Counted" || step._tag === "Explanation"

const toRefusal = Schema.decodeSync(ReadRefusal)
const refusal = (refused: ReadRefused) => Effect.fail(toRefusal(refused))
