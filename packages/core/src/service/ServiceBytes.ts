/**
 * Turns plain bytes and parameters into a service's payload, and its success back into bytes.
 *
 * This is what lets `sendDataWithParams(data, "AddDocument", ["catalog"])` reach a typed service
 * without its types. A payload that is a `Uint8Array` passes as it is; anything else is JSON.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * The bytes are not what the service takes. Nothing ran. `issue` names the path and the cause.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPayload extends Schema.TaggedError<InvalidPayload>()("InvalidPayload", {
  service: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return `${this.service} does not take this payload: ${this.issue}`
  }
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Of<Payload, Success> {
  /** Fails with a text that says what is wrong with `data` or `params`. */
  readonly decode: (
    data: Uint8Array,
    params: ReadonlyArray<string>
  ) => Effect.Effect<Payload, string>
  readonly encode: (success: Success) => Effect.Effect<Uint8Array, string>
}

/** @category models */
// eslint-disable-next-line typescript/no-explicit-any -- erased on purpose: the router holds services of every type
export type ServiceBytes = Of<any, any>

/**
 * Bytes as they are for a `Uint8Array` schema, nothing for `Void`, else JSON text.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSchemas = (payload: Schema.Top, success: Schema.Top): ServiceBytes => ({
  decode: decoder(payload),
  encode: encoder(success)
})

const isBytes = (schema: Schema.Top) => schema.ast === Schema.Uint8Array.ast
const isVoid = (schema: Schema.Top) => schema.ast === Schema.Void.ast

const decoder = (schema: Schema.Top): ServiceBytes["decode"] => {
  if (isBytes(schema)) return (data) => Effect.succeed(data)
  if (isVoid(schema)) return () => Effect.void
  const decode = Schema.decodeEffect(
    Schema.fromJsonString(Schema.toCodecJson(schema)) as unknown as Schema.Codec<unknown, string>
  )
  return (data) => Effect.mapError(decode(new TextDecoder().decode(data)), (error) => error.message)
}

const encoder = (schema: Schema.Top): ServiceBytes["encode"] => {
  if (isBytes(schema)) return (bytes) => Effect.succeed(bytes)
  if (isVoid(schema)) return () => Effect.succeed(new Uint8Array())
  const encode = Schema.encodeEffect(
    Schema.fromJsonString(Schema.toCodecJson(schema)) as unknown as Schema.Codec<unknown, string>
  )
  return (success) =>
    Effect.mapBoth(encode(success), {
      onSuccess: (text) => new TextEncoder().encode(text),
      onFailure: (error) => error.message
    })
}
