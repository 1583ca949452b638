/** Turns typed calls into frames' bodies and back. One codec for each service, made once. */
import * as Effect from "effect/Effect"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import * as Schema from "effect/Schema"
import * as Fingerprint from "../../service/Fingerprint.ts"
import * as Service from "../../service/Service.ts"
import type { Repeat } from "../../service/Access.ts"
import { InvalidPayload } from "../../service/ServiceBytes.ts"
import type { LinkReply } from "../Link.ts"

interface Typed<S extends Service.Any> {
  readonly fingerprint: string
  readonly repeat: Repeat
  readonly encodePayload: (payload: Service.Payload<S>) => Effect.Effect<Uint8Array, InvalidPayload>
  readonly decode: (
    reply: LinkReply
  ) => Effect.Effect<Service.Success<S>, Service.Error<S> | InvalidPayload>
}

const cache = new WeakMap<Service.Any, Typed<Service.Any>>()

export const of = <S extends Service.Any>(service: S): Typed<S> => {
  const known = cache.get(service)
  if (known !== undefined) return known as unknown as Typed<S>
  const payload = Schema.encodeEffect(binary(service.payloadSchema))
  const success = Schema.decodeEffect(binary(service.successSchema))
  const failure = Schema.decodeEffect(binary(service.errorSchema))
  const invalid = (error: Schema.SchemaError) =>
    new InvalidPayload({ service: service._tag, issue: error.message })
  const typed: Typed<Service.Any> = {
    fingerprint: Fingerprint.of(service),
    repeat: Service.traits(service).repeat,
    encodePayload: (value) => Effect.mapError(payload(value), invalid),
    decode: ({ body, head }) =>
      head.outcome === "success"
        ? Effect.mapError(success(body), invalid)
        : Effect.flatMap(Effect.mapError(failure(body), invalid), Effect.fail)
  }
  cache.set(service, typed)
  return typed as unknown as Typed<S>
}

const binary = (schema: Schema.Top) =>
  SchemaBinary.toCodec(schema) as unknown as Schema.Codec<unknown, Uint8Array>
