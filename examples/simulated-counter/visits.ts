/** The program under test: a service that counts the visits of a page. One of its handlers is wrong. */
import { Collection, Database, Service } from "@distri/core"
import { Effect, Option, Schema } from "effect"
import { RpcGroup } from "effect/rpc"

export class Pages extends Collection.make("pages", {
  document: Schema.Struct({ _id: Schema.String, visits: Schema.Int })
}) {}

export class NotCounted extends Schema.TaggedError<NotCounted>()("NotCounted", {
  cause: Schema.String
}) {}

export class Visit extends Service.make("Visit", {
  payload: Schema.String,
  error: NotCounted
}) {}

export class Services extends RpcGroup.make(Visit) {}

const pages = Effect.gen(function* () {
  const { documents } = Option.getOrThrow(yield* Effect.serviceOption(Database))
  return Collection.over(documents, Pages)
})

const orNotCounted = Effect.mapError(({ _tag }: { readonly _tag: string }) => {
  return new NotCounted({ cause: _tag })
})

/** Reads, adds one, writes. Two visits at once read the same number. */
export const forgetful = Visit.toLayer((page) =>
  Effect.gen(function* () {
    const found = yield* (yield* pages).get(page)
    const visits = Option.match(found, { onNone: () => 0, onSome: (one) => one.document.visits })
    yield* (yield* pages).update(page, { set: { visits: visits + 1 } }, { upsert: true })
  }).pipe(orNotCounted)
)

/** Says what shall happen, and the database does it in one step. */
export const exact = Visit.toLayer((page) =>
  Effect.gen(function* () {
    yield* (yield* pages).update(page, { inc: { visits: 1 } }, { upsert: true })
  }).pipe(orNotCounted)
)
