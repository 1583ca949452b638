/**
 * Defines a named, schema-typed operation that CloudNodes offer.
 *
 * A service is an Effect `Rpc` with four facts that the cloud needs: who may call it, whether it
 * may be repeated, how many run at once, and how plain bytes become its payload. So it goes into
 * an `RpcGroup` like any other, and its handler is a Layer.
 *
 * ```ts
 * class Thumbnail extends Service.make("Thumbnail", {
 *   payload: Schema.Uint8Array,
 *   success: Schema.Uint8Array,
 *   repeat: "pure",
 *   concurrency: "cores"
 * }) {}
 * ```
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import type { AccessKind, Concurrency, Repeat } from "./Access.ts"
import * as ServiceBytes from "./ServiceBytes.ts"

/**
 * What the cloud knows about a service besides its schemas.
 *
 * @category models
 * @since 0.1.0
 */
export interface Traits {
  readonly access: AccessKind
  readonly repeat: Repeat
  readonly concurrency: Concurrency
  /** Answered in every state and under any load, and not counted by Stats. */
  readonly always: boolean
  /** Its handler mostly waits for something to happen. See `make`. */
  readonly waits: boolean
  /** Bytes of one body, if the service takes less than the node does. */
  readonly bodyBytesMax: number
  readonly bytes: ServiceBytes.ServiceBytes
}

/**
 * The annotation that carries the traits of a service.
 *
 * The default is the careful one: a plain `Rpc` in a group is public, is never repeated, and at
 * most 256 of its handlers run at once.
 *
 * @category references
 * @since 0.1.0
 */
export const ServiceTraits = Context.Reference<Traits | undefined>(
  "@distri/core/service/ServiceTraits",
  { defaultValue: () => undefined }
)

/**
 * @category models
 * @since 0.1.0
 */
export interface Service<
  Tag extends string,
  Payload extends Schema.Top,
  Success extends Schema.Top,
  Error extends Schema.Top
> extends Rpc.Rpc<Tag, Payload, Success, Error> {
  /** The layer that serves this service with `handler`. */
  readonly toLayer: <R>(
    handler: (payload: Payload["Type"]) => Effect.Effect<Success["Type"], Error["Type"], R>
  ) => Layer.Layer<Rpc.Handler<Tag>, never, Exclude<R, Scope.Scope>>
}

/** @category models */
export type Any = Rpc.AnyWithProps

/** The type a caller passes. @category models */
export type Payload<S extends Any> = S["payloadSchema"]["Type"]
/** The type a caller gets. @category models */
export type Success<S extends Any> = S["successSchema"]["Type"]
/** What the handler may fail with. @category models */
export type Error<S extends Any> = S["errorSchema"]["Type"]

/**
 * Makes a service.
 *
 * - `payload`, `success`, `error`: schemas; default `Void`, `Void`, `Never`.
 * - `access`: default `public`. `repeat`: default `once`, the careful one.
 * - `concurrency`: handlers that run at once on one node; default 256. Use `cores` for work that
 *   keeps the processor busy.
 * - `always`: answered in every state and under any load, so it must be cheap. Default: only for
 *   internal services.
 * - `waits`: its handler waits for something to happen, and has no effect. It is admitted and
 *   counted as others, but is no load, and a node that stops hands its requests back while they
 *   wait. Default `false`.
 * - `bodyBytesMax`: bytes of one body, if less than the node takes (16 MiB).
 * - `bytes`: how `sendData` reaches it. Default: bytes as they are for a `Uint8Array`, else JSON.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  const Tag extends string,
  Payload extends Schema.Top = typeof Schema.Void,
  Success extends Schema.Top = typeof Schema.Void,
  Error extends Schema.Top = typeof Schema.Never
>(
  tag: Tag,
  options: {
    readonly payload?: Payload
    readonly success?: Success
    readonly error?: Error
    readonly access?: AccessKind
    readonly repeat?: Repeat
    readonly concurrency?: Concurrency
    readonly always?: boolean
    readonly waits?: boolean
    readonly bodyBytesMax?: number
    readonly bytes?: Partial<ServiceBytes.Of<Payload["Type"], Success["Type"]>>
  } = {}
): Service<Tag, Payload, Success, Error> => {
  const payload = options.payload ?? Schema.Void
  const success = options.success ?? Schema.Void
  const rpc = Rpc.make(tag, {
    payload,
    success,
    error: options.error ?? Schema.Never
  }).annotate(ServiceTraits, {
    access: options.access ?? "public",
    repeat: options.repeat ?? "once",
    concurrency: options.concurrency ?? 256,
    always: options.always ?? options.access === "internal",
    waits: options.waits ?? false,
    bodyBytesMax: options.bodyBytesMax ?? Infinity,
    bytes: { ...ServiceBytes.fromSchemas(payload, success), ...options.bytes }
  })
  const toLayer = (handler: (payload: unknown) => Effect.Effect<unknown, unknown, unknown>) =>
    RpcGroup.make(rpc).toLayerHandler(tag, handler as never)
  return Object.assign(rpc, { toLayer }) as never
}

/**
 * The traits of any `Rpc`, with the careful defaults for one that was not made here.
 *
 * @category getters
 * @since 0.1.0
 */
export const traits = (service: Any): Traits =>
  Context.get(service.annotations, ServiceTraits) ?? {
    access: "public",
    repeat: "once",
    concurrency: 256,
    always: false,
    waits: false,
    bodyBytesMax: Infinity,
    bytes: ServiceBytes.fromSchemas(service.payloadSchema, service.successSchema)
  }
