/**
 * One service as a node runs it: bytes in, bytes out.
 *
 * It puts the service's codecs around its handler, for both ways of calling. Whatever the handler
 * does ends as an `Answer`: a result, a typed error or a refusal. Only interruption passes through.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import * as Headers from "effect/http/Headers"
import * as Rpc from "effect/rpc/Rpc"
import { RequestId } from "effect/rpc/RpcMessage"
import * as Schema from "effect/Schema"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Fingerprint from "./Fingerprint.ts"
import type { Refusal } from "./Refusal.ts"
import { NotReady, ServiceFailed } from "./Refusal.ts"
import { HandedBack } from "./RequestContext.ts"
import type * as Service from "./Service.ts"
import { traits, type Traits } from "./Service.ts"
import { InvalidPayload } from "./ServiceBytes.ts"
import type { RequestHead } from "./Wire.ts"

/** How a request ended. @category models */
export type Answer =
  | { readonly outcome: "success" | "failure"; readonly body: Uint8Array }
  | { readonly outcome: "refused"; readonly refusal: Refusal }

/**
 * @category models
 * @since 0.1.0
 */
export interface Endpoint {
  readonly name: string
  readonly traits: Traits
  readonly fingerprint: string
  /** Runs the handler. `body` is the request's, whole. */
  readonly run: (head: RequestHead, body: Uint8Array) => Effect.Effect<Answer>
}

/**
 * Binds a service to the handler that `context` holds for it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  service: Service.Any,
  node: string,
  context: Context.Context<never>,
  random: SecureRandom.SecureRandom["Service"]
): Endpoint => {
  const { bytes } = traits(service)
  const bound = context.mapUnsafe.get(service.key) as Rpc.Handler<string> | undefined
  if (bound === undefined) throw new Error(`no layer provides a handler for ${service._tag}`)
  const handle = (payload: unknown) =>
    Rpc.unwrap(
      bound.handler(payload, {
        client: new Rpc.ServerClient(0),
        requestId: RequestId("0"),
        headers: Headers.empty,
        rpc: service
      }) as Effect.Effect<unknown, unknown>
      // What it acquires is its own: the scope of its layer lasts as long as the node.
    ).pipe(Effect.scoped, Effect.provideContext(bound.context))
  const typed = binary(service.payloadSchema)
  const success = binary(service.successSchema)
  const failure = binary(service.errorSchema)
  const failureJson = Schema.encodeEffect(
    Schema.fromJsonString(Schema.toCodecJson(service.errorSchema)) as unknown as Plain<string>
  )

  const decode = (head: RequestHead, body: Uint8Array) =>
    head.mode === "typed"
      ? Effect.mapError(typed.decode(body), (error) => error.message)
      : bytes.decode(body, head.params ?? [])
  const encodeSuccess = (mode: RequestHead["mode"], value: unknown) =>
    mode === "typed"
      ? success.encode(value)
      : Effect.mapError(bytes.encode(value), (issue) => new Error(issue))
  const encodeFailure = (mode: RequestHead["mode"], error: unknown) =>
    mode === "typed"
      ? failure.encode(error)
      : Effect.map(failureJson(error), (text) => new TextEncoder().encode(text))

  const run = Effect.fnUntraced(function* (head: RequestHead, body: Uint8Array) {
    const decoded = yield* Effect.result(decode(head, body))
    if (decoded._tag === "Failure") {
      return refused(
        new InvalidPayload({
          service: service._tag,
          issue: decoded.failure.slice(0, reasonMaxLength)
        })
      )
    }
    const result = yield* Effect.result(handle(decoded.success))
    return result._tag === "Success"
      ? answer("success", yield* encodeSuccess(head.mode, result.success))
      : answer("failure", yield* encodeFailure(head.mode, result.failure))
  })

  const failed = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
    const reference = (yield* random.uuidV4()).slice(0, 8)
    yield* Effect.logError(`${service._tag} failed (${reference})`, cause)
    return refused(new ServiceFailed({ service: service._tag, node, reference }))
  })

  return {
    name: service._tag,
    traits: traits(service),
    fingerprint: Fingerprint.of(service),
    run: (head, body) =>
      Effect.catchCause(run(head, body), (cause) => {
        if (Cause.hasInterrupts(cause)) return Effect.interrupt
        const back = handedBack(cause, node)
        return back === undefined ? failed(cause) : Effect.succeed(refused(back))
      })
  }
}

const handedBack = (cause: Cause.Cause<unknown>, node: string): NotReady | undefined => {
  const defect = Cause.squash(cause)
  if (!(defect instanceof HandedBack)) return undefined
  const { started, why } = defect
  return new NotReady({ node, state: why.slice(0, reasonMaxLength), ...(started && { started }) })
}

/** The message of a schema may repeat the whole payload, and so may a handler. */
const reasonMaxLength = 2000

type Plain<A> = Schema.Codec<unknown, A>

const binary = (schema: Schema.Top) => {
  const codec = SchemaBinary.toCodec(schema) as unknown as Plain<Uint8Array>
  return { encode: Schema.encodeEffect(codec), decode: Schema.decodeEffect(codec) }
}

const refused = (refusal: Refusal): Answer => ({ outcome: "refused", refusal })
const answer = (outcome: "success" | "failure", body: Uint8Array): Answer => ({ outcome, body })
