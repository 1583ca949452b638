/** `Documents` from afar: each question is a call of a database service, on whichever node. */
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Checked from "@distri/store/command/Checked"
import { language, type UserOperation } from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { FilterError, Refusal } from "@distri/store/command/Refusal"
import type { Written } from "@distri/store/command/Result"
import { parse as parseFilter } from "@distri/store/filter/Filter"
import { CursorExpired, type ReadError, type WriteError } from "../../database/DatabaseError.ts"
import type { Documents, ReadOptions, WriteOptions } from "../../database/Documents.ts"
import { withIds } from "../../database/internal/withIds.ts"
import * as WriteSession from "../../database/internal/writeSession.ts"
import {
  CountDocuments,
  Execute,
  ExplainQuery,
  GetDocument,
  OpenSession,
  ReadCollection
} from "../../service/DatabaseServices.ts"
import { CurrentRequest } from "../../service/RequestContext.ts"
import type * as Service from "../../service/Service.ts"
import * as Address from "../../transport/Address.ts"
import type { CallError } from "../CallError.ts"
import type { CallOptions } from "../Client.ts"
import * as Writes from "./writes.ts"

/** `Client.call`. */
export type Call = <S extends Service.Any>(
  service: S,
  payload: Service.Payload<S>,
  options?: CallOptions
) => Effect.Effect<Service.Success<S>, Service.Error<S> | CallError>

/** `doubt`: why an earlier attempt of the call may have run, if one may. */
export interface Answered<S extends Service.Any> {
  readonly value: Service.Success<S>
  readonly doubt: CallError | undefined
}

/** As `Call`. */
export type Ask = <S extends Service.Any>(
  service: S,
  payload: Service.Payload<S>,
  options?: CallOptions
) => Effect.Effect<Answered<S>, Service.Error<S> | CallError>

export const make = Effect.fnUntraced(function* (call: Call, ask: Ask) {
  const documents: Omit<Documents<CallError>, "watch"> = {
    execute: yield* writer(call, ask),
    read: (query, { consistency, cursor, limit, maxLag, mode, timeout } = {}) => {
      const payload = {
        query,
        ...given({ cursor, limit, mode, ...freshness({ consistency, maxLag }) })
      } as Service.Payload<typeof ReadCollection>
      const readAt = (options: CallOptions) => call(ReadCollection, payload, options)
      const read = readAt(waiting(timeout)).pipe(
        Effect.catchTag("CursorElsewhere", ({ home }) => atHome(home, readAt, waiting(timeout)))
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
  }
  return documents
})

/** Numbers its writes in a session, unless the caller names them. */
const writer = Effect.fnUntraced(function* (call: Call, ask: Ask) {
  const random = yield* SecureRandom.SecureRandom
  const clock = yield* Clock.Clock
  const write = yield* Writes.make(ask)
  const inSession = WriteSession.make((timeout) => call(OpenSession, undefined, { timeout }))

  // The ticket's name is the key, so an error in doubt says how to ask again.
  const numbered = (
    operation: UserOperation,
    ticket: WriteSession.Ticket,
    timeout: Duration.Input
  ) =>
    Effect.flatMap(CurrentRequest, ({ deadlineMs }) => {
      const data = CommandCodec.encode({
        language,
        sender: { _tag: "Session", ...ticket },
        operation
      })
      const leftMs = deadlineMs - Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      return write(WriteSession.nameOf(ticket), data, Math.min(Duration.toMillis(timeout), leftMs))
    })

  return Effect.fnUntraced(function* (
    operation: UserOperation,
    { idempotencyKey, timeout = "10 seconds" }: WriteOptions = {}
  ): Effect.fn.Return<Written, WriteError | CallError> {
    const named = yield* withIds(random, operation)
    const refused = Checked.check(named)
    if (refused !== undefined) return yield* Effect.fail(toRefusal(refused))
    if (idempotencyKey === undefined)
      return yield* inSession(timeout, (ticket, left) =>
        ticket === undefined
          ? call(Execute, { operation: named }, { timeout: left })
          : numbered(named, ticket, left)
      )
    const ticket = WriteSession.named(idempotencyKey)
    return yield* ticket === undefined
      ? call(Execute, { operation: named }, { timeout, idempotencyKey })
      : numbered(named, ticket, timeout)
  })
})

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
    : ask({ ...options, node: address.success }).pipe(
        // Only the connection may be gone. Who looks again does no harm.
        Effect.retry({ times: 1, while: ({ _tag }) => _tag === "UnknownOutcome" }),
        Effect.catchTag(homeIsGone, () => Effect.fail(new CursorExpired()))
      )
}

/** It does not run, stops, has started anew, or was lost while it looked. */
const homeIsGone = ["CloudUnreachable", "Draining", "NotReady", "UnknownOutcome"] as const

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
