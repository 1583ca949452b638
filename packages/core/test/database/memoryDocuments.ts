/** Documents over the pure store alone: every command is packed, unpacked and applied at once. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { apply } from "@distri/store/apply/apply"
import * as Checked from "@distri/store/command/Checked"
import * as Codec from "@distri/store/command/CommandCodec"
import { language, type UserOperation } from "@distri/store/command/Command"
import { ReadRefusal, Refusal } from "@distri/store/command/Refusal"
import { compile } from "@distri/store/filter/compile"
import * as Filter from "@distri/store/filter/Filter"
import type { Query, Resume } from "@distri/store/query/Query"
import * as Reader from "@distri/store/query/Reader"
import { get } from "@distri/store/query/Search"
import * as Tally from "@distri/store/query/Tally"
import * as State from "@distri/store/state/State"
import { LogTime, next } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import type { Change, Dropped } from "@distri/store/watch/Change"
import { type ChangeEvent, type Documents, ResumeToken } from "../../src/database/Documents.ts"

export interface MemoryDocuments extends Documents {
  readonly executed: ReadonlyArray<UserOperation>
  readonly state: () => State.State
}

export const make = Effect.gen(function* () {
  let state = State.empty
  const executed: Array<UserOperation> = []
  const cursors = new Map<string, Resume>()
  const changes = yield* PubSub.unbounded<Change | Dropped>()

  const execute: Documents["execute"] = Effect.fnUntraced(function* (operation, options) {
    const named = withIds(operation, executed.length)
    executed.push(named)
    const refused = Checked.check(named)
    if (refused !== undefined) return yield* Schema.decodeUnknownSync(Refusal)(refused)
    const key = options?.idempotencyKey ?? `made ${executed.length}`
    const fingerprint = Checked.fingerprint(named)
    const sender = { _tag: "Key" as const, owner: "test", key, fingerprint }
    const decoded = Codec.decode(Codec.encode({ language, sender, operation: named }))
    if (decoded._tag !== "Known") return yield* Effect.die(decoded.issue)
    const index = next(state.index)
    const applied = apply(state, { index, time: LogTime.make(0), command: decoded.command })
    state = applied.state
    for (const change of applied.changes) yield* PubSub.publish(changes, change)
    const { result } = applied
    if (result?._tag === "Written") return result
    return yield* Schema.decodeUnknownSync(Refusal)(result)
  })

  const read: Documents["read"] = (asked, { cursor, limit } = {}) => {
    const resume = cursor === undefined ? undefined : cursors.get(cursor)
    return Effect.map(query(Reader.open(state, asked, { limit, resume })), ({ page }) => {
      const to = `cursor ${cursors.size}`
      if (page.next !== undefined) cursors.set(to, page.next)
      return {
        found: page.found,
        version: state.index,
        ...(page.next === undefined ? {} : { next: to })
      }
    })
  }

  const documents: MemoryDocuments = {
    executed,
    state: () => state,
    execute,
    read,
    get: (collection, id) =>
      Effect.sync(() => {
        const got = get(state, collection, id)
        const stored = got._tag === "Got" ? got.stored : undefined
        return Option.map(Option.fromUndefinedOr(stored), ({ document, rev }) => ({
          document,
          rev
        }))
      }),
    count: (collection, filter) =>
      Effect.map(query(Tally.count(state, asQuery(collection, filter))), ({ count }) => count),
    explain: (asked) => Effect.map(query(Tally.explain(state, asked)), (told) => told.explained),
    watch: ({ collection, filter, from }) => {
      const matches = matcher(filter)
      const token = ResumeToken.make("token")
      const later = Stream.fromPubSub(changes).pipe(
        Stream.filter((change): change is Change => change.kind !== "dropped"),
        Stream.filter((change) => change.collection === collection),
        Stream.map(({ after, before, id, index, kind }): ChangeEvent => {
          const now = after !== undefined && matches(after.document)
          const then = before !== undefined && matches(before.document)
          return {
            kind: now ? (then ? "changed" : "entered") : "left",
            cause: kind,
            id,
            version: index,
            token,
            ...(before === undefined ? {} : { before: before.document }),
            ...(after === undefined ? {} : { after: after.document })
          }
        })
      )
      if (from !== "start") return later
      const first = Stream.fromIterableEffect(
        Effect.map(read(asQuery(collection, filter)), ({ found }) =>
          found.map((each): ChangeEvent => ({
            ...each,
            kind: "initial",
            id: String(each.document["_id"])
          }))
        )
      ).pipe(Stream.orDie)
      return Stream.concat(Stream.concat(first, Stream.make({ kind: "ready", token })), later)
    }
  }
  return documents
})

/** What a reader comes to at once. */
const query = <A extends { readonly _tag: string }>(
  opened: Reader.Reader<A> | typeof ReadRefusal.Encoded
) => {
  const told = opened._tag === "Reader" ? opened.next(Infinity) : opened
  return "issue" in told || told._tag.endsWith("NotFound") || told._tag.endsWith("Invalid")
    ? Effect.fail(Schema.decodeUnknownSync(ReadRefusal)(told))
    : Effect.succeed(told as A)
}

const asQuery = (collection: string, filter: Fields | undefined): Query => ({
  collection,
  ...(filter === undefined ? {} : { filter })
})

const matcher = (filter: Fields = {}) => {
  const parsed = Filter.parse(filter)
  return parsed._tag === "Filter" ? compile(parsed.node) : () => false
}

const withIds = (operation: UserOperation, seed: number): UserOperation => {
  if (operation._tag === "AddDocument") return { newId: `made-${seed}`, ...operation }
  if (operation._tag !== "Batch") return operation
  const operations = operation.operations.map((each, at) =>
    each._tag === "AddDocument" ? { newId: `made-${seed}-${at}`, ...each } : each
  )
  return { ...operation, operations }
}
