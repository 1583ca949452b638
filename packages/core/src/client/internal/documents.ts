/** `Documents` from afar: each question is a call of a database service, on whichever node. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Checked from "@distri/store/command/Checked"
import type { UserOperation } from "@distri/store/command/Command"
import { FilterError, Refusal } from "@distri/store/command/Refusal"
import { parse as parseFilter } from "@distri/store/filter/Filter"
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
  read: (query, { consistency, cursor, limit, maxLag, mode, timeout } = {}) => {
    const payload = {
      query,
      ...given({ cursor, limit, mode, ...freshness({ consistency, maxLag }) })
    } as Service.Payload<typeof ReadCollection>
    const ask = (options: CallOptions) => call(ReadCollection, payload, options)
    const read = ask(waiting(timeout)).pipe(
      Effect.catchTag("CursorElsewhere", ({ home }) => atHome(home, ask, waiting(timeout)))
    )
    return checked(query.filter, read)
  },
  get: (collection, id, { timeout, ...fresh } = {}) =>
    call(GetDocument, { collection, id, ...given(freshness(fresh)) }, waiting(timeout)).pipe(
      Effect.map(({ found }) => Option.fromUndefinedOr(found))
    ),
  count: (collection, filter, { timeout, ...fresh } = {}) =>
    checked(
      filter,
      call(
        CountDocuments,
        { collection, ...given({ filter, ...freshness(fresh) }) },
        waiting(timeout)
      )
    ),
  explain: (query, { timeout, ...fresh } = {}) =>
    checked(
      query.filter,
      call(ExplainQuery, { query, ...given(freshness(fresh)) }, waiting(timeout))
    )
})

/** Numbers its writes in a session, unless the caller names them. */
const writer = (call: Call): Documents<CallError>["execute"] => {
  const inSession = WriteSession.make((timeout) => call(OpenSession, undefined, { timeout }))
  // The ticket's name is the key of the call, so an error in doubt says how to ask again.
  const send = (
    operation: UserOperation,
    ticket: WriteSession.Ticket | undefined,
    options: CallOptions
  ) =>
    call(
      Execute,
      { operation, ...given({ ticket }) },
      ticket === undefined ? options : { ...options, idempotencyKey: WriteSession.nameOf(ticket) }
    )
  return (operation, { idempotencyKey, timeout = "10 seconds" } = {}) => {
    const refused = Checked.check(withIds(operation))
    if (refused !== undefined) return Effect.fail(toRefusal(refused))
    if (idempotencyKey === undefined)
      return inSession(timeout, (ticket, left) => send(operation, ticket, { timeout: left }))
    const ticket = WriteSession.named(idempotencyKey)
    return send(operation, ticket, { timeout, idempotencyKey })
  }
}

/** What a node would refuse is refused here, before what JSON lacks is lost on the way. */
const checked = <A, E>(
  filter: unknown,
  ask: Effect.Effect<A, E>
): Effect.Effect<A, E | FilterError> => {
  const parsed = filter === undefined ? undefined : parseFilter(filter)
  return parsed === undefined || parsed._tag === "Filter"
    ? ask
    : Effect.fail(new FilterError(parsed))
}

/** As a node does: a document without an id is given one. */
const withIds = (operation: UserOperation): UserOperation => {
  if (operation._tag === "AddDocument") return { newId: "0".repeat(26), ...operation }
  return operation._tag === "Batch"
    ? {
        ...operation,
        operations: operation.operations.map(withIds) as typeof operation.operations
      }
    : operation
}

const toRefusal = Schema.decodeSync(Refusal)

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

/** On the wire a lag is in milliseconds. */
const freshness = ({ consistency, maxLag }: Pick<ReadOptions, "consistency" | "maxLag">) => ({
  consistency,
  maxLag: maxLag === undefined ? undefined : Duration.toMillis(maxLag)
})

const waiting = (timeout: ReadOptions["timeout"] = "10 seconds"): CallOptions => ({ timeout })

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** The fields that have a value: on the wire, absent and `undefined` differ. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
