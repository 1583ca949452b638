/** Watches this node's copy: as a stream for whoever is here, in rounds for who is elsewhere. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { CollectionNotFound, FilterError } from "@distri/store/command/Refusal"
import { compile } from "@distri/store/filter/compile"
import * as Filter from "@distri/store/filter/Filter"
import type { State } from "@distri/store/state/State"
import * as Tree from "@distri/store/tree/Tree"
import type { LogIndex } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import * as Place from "@distri/store/watch/Place"
import * as Token from "@distri/store/watch/Token"
import * as Watched from "@distri/store/watch/Watched"
import { Unavailable } from "../../log/ReplicatedLog.ts"
import { CurrentRequest, timeLeft } from "../../service/RequestContext.ts"
import {
  CollectionDropped,
  ResumeExpired,
  ResumeInvalid,
  SlowConsumer,
  type WatchError
} from "../DatabaseError.ts"
import { ResumeToken, type ChangeEvent, type Documents, type WatchSpec } from "../Documents.ts"
import { waitMaxMs, type WatchedChange, type WatchPoll, type WatchReply } from "../WatchPoll.ts"
import type { Changes } from "./changes.ts"
import type { Footing } from "./freshness.ts"
import { fromStart } from "./watchStart.ts"

export type { WatchPoll as Poll, WatchReply as Polled } from "../WatchPoll.ts"

export interface Options {
  readonly changes: Changes
  readonly copy: {
    readonly state: Effect.Effect<State>
    readonly running: Effect.Effect<void, Unavailable>
    readonly applied: (index: number) => Effect.Effect<State, Unavailable>
  }
  readonly read: Documents["read"]
  /** Names this node in its answers. */
  readonly home: string
  /** The log that is applied here, and what of it the caller has seen. */
  readonly footing: Effect.Effect<Footing, Unavailable>
  /** Makes sure that this log is the cloud's as it is now. */
  readonly confirmed: Effect.Effect<unknown, Unavailable>
}

/** Somebody who watches, and where he stands. */
interface Watch {
  readonly watcher: Watched.Watcher
  readonly log: string
  readonly limits: Watched.LookLimits
  place: Place.Place
}

export const make = Effect.fnUntraced(function* (options: Options) {
  const { changes, copy, home, read } = options
  const open = makeOpen(options)
  const next = makeNext(changes, copy)
  // It is never reached: this is how to learn that the copy has stopped.
  yield* copy.applied(Infinity).pipe(
    Effect.tapError((why) => Effect.sync(() => changes.stop(why))),
    Effect.ignore,
    Effect.forkScoped
  )
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => changes.stop(new Unavailable({ reason: "Stopping" })))
  )

  const follow = (
    { collection, filter }: WatchSpec,
    after: WatchPoll["after"]
  ): Stream.Stream<ChangeEvent, WatchError> =>
    Stream.unwrap(
      Effect.map(open(collection, filter, after), (watch) => {
        const given = typeof after === "string" ? watch.place : undefined
        const events = Effect.mapError(next(watch, true), (error) =>
          // Who has looked at something was there when the rest was forgotten.
          error._tag === "ResumeExpired" && watch.place !== given
            ? new SlowConsumer({ resume: at(watch) })
            : error
        )
        const ready: ChangeEvent = { kind: "ready", token: at(watch) }
        return Stream.concat(
          given === undefined ? Stream.succeed(ready) : Stream.empty,
          Stream.paginate(again, () => Effect.map(events, (seen) => [seen, Option.some(again)]))
        )
      })
    )

  return {
    watch: (spec: WatchSpec): Stream.Stream<ChangeEvent, WatchError> => {
      const { from = "now" } = spec
      if (from === "now") return follow(spec, undefined)
      return from === "start"
        ? fromStart<never>(read, spec, (after) => follow(spec, after))
        : follow(spec, from)
    },
    poll: Effect.fnUntraced(function* ({
      after,
      collection,
      filter,
      limit = Watched.defaultLimits.seenMax,
      waitMs = 0
    }: WatchPoll): Effect.fn.Return<WatchReply, WatchError> {
      const watch = yield* open(collection, filter, after, limit)
      const start = at(watch)
      const now = yield* next(watch, false)
      if (now.length > 0 || waitMs === 0)
        return { node: home, start, events: now, token: at(watch) }
      const waited = yield* Effect.timeoutOption(next(watch, true), yield* waitFor(waitMs))
      const events = Option.getOrElse(waited, () => now)
      return { node: home, start, events, token: at(watch) }
    })
  }
})

/** Finds the place where a watch begins, once this node has got there. */
const makeOpen = ({ confirmed, copy, footing }: Options) => {
  const reached = (index: number) =>
    Effect.timeoutOrElse(copy.applied(index), {
      duration: behindMax,
      orElse: () => Effect.fail(new Unavailable({ reason: "Behind" }))
    })

  // A place in another log means nothing, unless the other one is the cloud's by now.
  const elsewhere = Effect.andThen(confirmed, Effect.fail(new ResumeInvalid()))

  const begin = Effect.fnUntraced(function* (
    collection: string,
    after: WatchPoll["after"],
    { log, seen }: Footing
  ) {
    if (typeof after === "string") {
      const token = Token.decode(after)
      if (token === undefined || token.collection !== collection) return yield* new ResumeInvalid()
      if (token.log !== log) return yield* elsewhere
      yield* reached(token.place.index - 1)
      return token
    }
    if (after !== undefined) {
      const { log: theirs } = yield* CurrentRequest
      if ((after.log ?? (theirs || log)) !== log) return yield* elsewhere
    }
    const { collections, index } = yield* reached(Math.max(after?.version ?? 0, seen))
    const version = after?.version ?? index
    const found = Tree.get(collections, collection)
    if (found !== undefined && found.uid <= version)
      return { uid: found.uid, place: Place.after(version) }
    // It was there when it was read.
    if (after !== undefined) return yield* new CollectionDropped({ collection })
    return yield* new CollectionNotFound({ collection })
  })

  return Effect.fnUntraced(function* (
    collection: string,
    filter: Fields | undefined,
    after: WatchPoll["after"],
    seenMax: number = chunkMax
  ): Effect.fn.Return<Watch, WatchError> {
    const matches = yield* matcher(filter)
    const here = yield* footing
    const { place, uid } = yield* begin(collection, after, here)
    const limits = { ...Watched.defaultLimits, seenMax }
    return { watcher: { collection, uid, matches }, log: here.log, limits, place }
  })
}

/** What is seen from the place of a watch on; moves it. None only if it is not to wait. */
const makeNext = ({ changed, ring }: Changes, copy: Options["copy"]) => {
  /**
   * Waits until something of the collection may be new since the state at `index`: for what was
   * pushed since to be published, or for the next push.
   */
  const more = (uid: LogIndex, index: LogIndex) =>
    Effect.suspend((): Effect.Effect<unknown, Unavailable> => {
      const pushed = ring.end.index - 1
      return pushed > index ? copy.applied(pushed) : changed(uid)
    })

  return Effect.fnUntraced(function* (watch: Watch, wait: boolean) {
    const { limits, watcher } = watch
    for (;;) {
      const state = yield* copy.state
      const looked = Watched.look(ring, state, watcher, watch.place, limits)
      if (looked._tag === "Forgotten")
        return yield* new ResumeExpired({ oldest: oldest(ring.oldest) })
      const last = looked.seen.at(-1)
      if (looked._tag === "Seen") watch.place = looked.next
      else if (last !== undefined) watch.place = last.next
      else return yield* new CollectionDropped({ collection: watcher.collection })
      if (last !== undefined) return looked.seen.map((seen) => toEvent(watch, seen))
      if (looked._tag === "Seen" && !looked.done) yield* Effect.yieldNow
      else if (wait) yield* more(watcher.uid, state.index)
      else return []
    }
  })
}

/** The first entry of which everything is remembered. */
const oldest = ({ index, op }: Place.Place) => (op === 0 ? index : index + 1)

const again = undefined
/** How long a watch waits for a node to get to where it begins. */
const behindMax = "5 seconds"
/** Events that a local watcher is handed at once. */
const chunkMax = 100
/** An answer must leave before the caller's time is over. */
const marginMs = 500

const waitFor = (waitMs: number) =>
  Effect.map(timeLeft, (left) =>
    Math.min(waitMs, waitMaxMs, Math.max(0, Duration.toMillis(left) - marginMs))
  )

const matcher = (filter: Fields | undefined) => {
  if (filter === undefined) return Effect.succeed(() => true)
  const parsed = Filter.parse(filter)
  return parsed._tag === "Filter"
    ? Effect.succeed(compile(parsed.node))
    : Effect.fail(new FilterError(parsed))
}

const tokenOf = ({ log, watcher: { collection, uid } }: Watch, place: Place.Place) =>
  ResumeToken.make(Token.encode({ log, collection, uid, place }))

/** Where a watch stands. */
const at = (watch: Watch) => tokenOf(watch, watch.place)

const toEvent = (watch: Watch, { change, kind, next }: Watched.Seen): WatchedChange => ({
  kind,
  cause: change.kind,
  id: change.id,
  version: change.index,
  ...(change.before !== undefined && { before: change.before.document }),
  ...(change.after !== undefined && { after: change.after.document }),
  token: tokenOf(watch, next)
})
