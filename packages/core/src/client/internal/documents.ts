/** `Documents` from afar: each question is a call of a database service, on whichever node. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CursorExpired, type ReadError } from "../../database/DatabaseError.ts"
import type { Documents, ReadOptions } from "../../database/Documents.ts"
import * as WriteSession from "../../database/internal/writeSession.ts"
import {
  CountDocuments,
  Execute,
  ExplainQuery,
  GetDocument,
  OpenSession,
  ReadCollection
} from "../../service/DatabaseServices.ts"
import type * as Service from "../../service/Service.ts"
import * as Address from "../../transport/Address.ts"
import type { CallError } from "../CallError.ts"
import type { CallOptions } from "../Client.ts"

/** `Client.call`. */
export type Call = <S extends Service.Any>(
  service: S,
  payload: Service.Payload<S>,
  options?: CallOptions
) => Effect.Effect<Service.Success<S>, Service.Error<S> | CallError>

export const make = (call: Call): Omit<Documents<CallError>, "watch"> => ({
  execute: writer(call),
  read: (query, { consistency, cursor, limit, mode, timeout } = {}) => {
    const payload = {
      query,
      ...given({ consistency, cursor, limit, mode })
    } as Service.Payload<typeof ReadCollection>
    const ask = (options: CallOptions) => call(ReadCollection, payload, options)
    return ask(waiting(timeout)).pipe(
      Effect.catchTag("CursorElsewhere", ({ home }) => atHome(home, ask, waiting(timeout)))
    )
  },
  get: (collection, id, { consistency, timeout } = {}) =>
    call(GetDocument, { collection, id, ...given({ consistency }) }, waiting(timeout)).pipe(
      Effect.map(({ found }) => Option.fromUndefinedOr(found))
    ),
  count: (collection, filter, { consistency, timeout } = {}) =>
    call(CountDocuments, { collection, ...given({ filter, consistency }) }, waiting(timeout)),
  explain: (query, { consistency, timeout } = {}) =>
    call(ExplainQuery, { query, ...given({ consistency }) }, waiting(timeout))
})

/** Numbers its writes in a session, unless the caller names them. */
const writer = (call: Call): Documents<CallError>["execute"] => {
  const inSession = WriteSession.make(call(OpenSession, undefined, waiting()))
  return (operation, { idempotencyKey, timeout } = {}) =>
    idempotencyKey === undefined
      ? inSession((ticket) => call(Execute, { operation, ...given({ ticket }) }, waiting(timeout)))
      : call(Execute, { operation }, { ...waiting(timeout), idempotencyKey })
}

/** A snapshot is kept by one node. When that cannot be asked, the snapshot is gone. */
const atHome = <A>(
  home: string,
  ask: (options: CallOptions) => Effect.Effect<A, ReadError | CallError>,
  options: CallOptions
): Effect.Effect<A, ReadError | CallError> => {
  const address = Address.parse(home)
  return address._tag === "Failure"
    ? Effect.fail(new CursorExpired())
    : Effect.catchTag(ask({ ...options, node: address.success }), "CloudUnreachable", () =>
        Effect.fail(new CursorExpired())
      )
}

const waiting = (timeout: ReadOptions["timeout"] = "10 seconds"): CallOptions => ({ timeout })

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** The fields that have a value: on the wire, absent and `undefined` differ. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
