/**
 * Reaches the services of a cloud from outside.
 *
 * A call picks one node, sends once, and goes elsewhere when that is safe: the caller does not
 * notice a node that stops, is full, or breaks. What may be repeated, and when, is decided in
 * `pure/Attempts.ts`; which node, by `Placement`.
 *
 * ```ts
 * const client = yield* Client
 * const small = yield* client.call(Thumbnail, photo)         // typed
 * const raw = yield* client.sendData(photo, "Thumbnail")     // bytes, by name
 * ```
 */
import * as Context from "effect/Context"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable, type NodeView } from "../cloud/NodeTable.ts"
import { Placement } from "../cloud/Placement.ts"
import type { Stats } from "../cloud/Stats.ts"
import * as Collection from "../database/Collection.ts"
import type { CollectionClient } from "../database/CollectionClient.ts"
import type { Documents } from "../database/Documents.ts"
import type { NodeId } from "../cloud/UpdateInfo.ts"
import { Halt } from "../Halt.ts"
import { StatsService } from "../service/PublicServices.ts"
import type * as Service from "../service/Service.ts"
import * as Address from "../transport/Address.ts"
import type { Transport } from "../transport/Transport.ts"
import type { CallError } from "./CallError.ts"
import { ServiceError } from "./CallError.ts"
import * as Caller from "./internal/caller.ts"
import * as Doubt from "./internal/doubt.ts"
import * as Remote from "./internal/documents.ts"
import * as Watching from "./internal/watch.ts"
import { Links } from "./Links.ts"
import * as Typed from "./internal/typed.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /**
   * The time of the whole call, repeats included. Default 30 s, at most 10 min. Inside a handler
   * it is cut to what the handler's own caller has left.
   */
  readonly timeout?: Duration.Input
  /** Names the call for exactly-once. Default: a new one for each call that changes the database. */
  readonly idempotencyKey?: string
  /** Address one node instead of placing the call. */
  readonly node?: Address.Address
}

/**
 * @category services
 * @since 0.1.0
 */
export class Client extends Context.Service<
  Client,
  {
    /** Calls a service by type. Fails with its typed errors, or with a `CallError`. */
    readonly call: <S extends Service.Any>(
      service: S,
      payload: Service.Payload<S>,
      options?: CallOptions
    ) => Effect.Effect<Service.Success<S>, Service.Error<S> | CallError>

    /** Calls a service by name. `data` and the reply are as the service defines them. */
    readonly sendData: (
      data: Uint8Array,
      service: string,
      options?: CallOptions
    ) => Effect.Effect<Uint8Array, CallError>

    /** As `sendData`, with parameters: `sendDataWithParams(json, "AddDocument", ["catalog"])`. */
    readonly sendDataWithParams: (
      data: Uint8Array,
      service: string,
      params: ReadonlyArray<string>,
      options?: CallOptions
    ) => Effect.Effect<Uint8Array, CallError>

    /** The document database, without types. */
    readonly documents: Documents<CallError>

    /** A collection of the database, typed by its schema. */
    readonly collection: <S extends Collection.DocumentSchema>(
      collection: Collection.Collection<string, S>
    ) => CollectionClient<S, CallError>

    /** Asks every known node for its report, in parallel: one entry for each address. */
    readonly collectStats: Effect.Effect<ReadonlyMap<string, Result.Result<Stats, CallError>>>

    /** Adds an address to those the client knows. */
    readonly registerNode: (address: Address.Address) => Effect.Effect<void>

    /** What the cloud reports about its nodes: now, and after every change. */
    readonly nodes: Stream.Stream<ReadonlyMap<NodeId, NodeView>>
  }
>()("@distri/core/client/Client") {
  /**
   * A client of the cloud that `seeds` belong to. Connections open in the background; the first
   * call waits for one.
   *
   * - `seeds`: addresses to begin with, as in `127.0.0.1:7400`; the others are learned.
   * - `cluster`: refuse to talk to a cloud of another name. Default: any.
   * - `warm`: connections kept open, default 2. Placement chooses among them, so 1 means no choice.
   * - `placement`: another rule for choosing the node. Default: the better of two.
   */
  static readonly layer = (options: {
    readonly seeds: ReadonlyArray<string>
    readonly cluster?: string
    readonly warm?: number
    readonly placement?: Layer.Layer<Placement, never, NodeTable>
  }): Layer.Layer<Client, Address.InvalidAddress, Transport | SecureRandom.SecureRandom> => {
    const { cluster, placement = Placement.layer, warm = 2 } = options
    const hello = cluster === undefined ? {} : { cluster }
    const Connections = Layer.unwrap(
      Effect.map(
        Effect.forEach(options.seeds, (seed) => Effect.fromResult(Address.parse(seed))),
        (seeds) => Links.layer({ seeds, hello })
      )
    )
    // Fresh, so that two clients in one program do not share what they know.
    return Layer.effect(Client, make(warm)).pipe(
      Layer.provide([Connections, placement]),
      Layer.provide(NodeTable.layer),
      Layer.provide(Halt.layer),
      Layer.fresh
    )
  }
}

const make = Effect.fnUntraced(function* (warm: number) {
  const links = yield* Links
  const table = yield* NodeTable
  const caller = yield* Caller.make

  yield* keepWarm(links, warm)

  const ask: Remote.Ask = (service, payload, options = {}) =>
    Effect.gen(function* () {
      const codec = Typed.of(service)
      const body = yield* codec.encodePayload(payload)
      const head = { service: service._tag, mode: "typed", fingerprint: codec.fingerprint } as const
      const reply = yield* caller.send({ head, body, repeat: codec.repeat, ...options })
      const value = yield* Effect.mapError(codec.decode(reply), (error) =>
        Doubt.outcomeOf(service._tag, reply, error)
      )
      return { value, doubt: reply.doubt }
    })
  const call: Client["Service"]["call"] = (service, payload, options) =>
    Effect.map(ask(service, payload, options), ({ value }) => value)

  const sendDataWithParams: Client["Service"]["sendDataWithParams"] = (
    data,
    service,
    params,
    options = {}
  ) =>
    Effect.flatMap(
      caller.send({ head: { service, mode: "bytes", params }, body: data, ...options }),
      (reply) => {
        if (reply.head.outcome === "success") return Effect.succeed(reply.body)
        const error = parseJson(reply.body)
        const outcome = Doubt.outcomeOf(service, reply, error)
        return Effect.fail(
          outcome === error ? new ServiceError({ service, error }) : (outcome as CallError)
        )
      }
    )

  const statsOf = (address: Address.Address) =>
    Effect.result(call(StatsService, undefined, { node: address, timeout: "5 seconds" }))

  const remote = yield* Remote.make(call, ask)
  const documents: Documents<CallError> = {
    ...remote,
    watch: Watching.watch(call, remote.read, table)
  }

  return Client.of({
    call,
    documents,
    collection: (collection) => Collection.over(documents, collection),
    sendData: (data, service, options) => sendDataWithParams(data, service, [], options),
    sendDataWithParams,
    collectStats: Effect.flatMap(links.addresses, (addresses) =>
      Effect.forEach(
        addresses,
        (address) => Effect.map(statsOf(address), (stats) => [address as string, stats] as const),
        { concurrency: "unbounded" }
      )
    ).pipe(Effect.map((entries) => new Map(entries))),
    registerNode: links.register,
    // Who reads slowly gets the newest, not all that there was meanwhile.
    nodes: Stream.buffer(SubscriptionRef.changes(table.nodes), { capacity: 1, strategy: "sliding" })
  })
})

/** Placement needs two connections to choose between; they must not wait for a call. */
const keepWarm = (links: Links["Service"], warm: number) =>
  Effect.suspend(() => links.another(new Set())).pipe(
    Effect.repeat({ while: () => links.connected().size < warm }),
    Effect.ignore,
    Effect.when(Effect.sync(() => links.connected().size < warm)),
    Effect.repeat(Schedule.spaced("1 second")),
    Effect.forkScoped
  )

const parseJson = (body: Uint8Array): Schema.Json =>
  Result.getOrElse(
    Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Json))(new TextDecoder().decode(body)),
    () => null
  )
