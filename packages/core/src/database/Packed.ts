/**
 * Carries values of the database over the wire: as one `Uint8Array`, in which dates and bytes stay
 * what they are. See `@distri/store/value/Packed` for the form.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Packed from "@distri/store/value/Packed"
import type { Value } from "@distri/store/value/Value"

/**
 * What `schema` describes, packed. Its encoded form is a value of the database.
 *
 * @category schemas
 * @since 0.1.0
 */
export const packed = <T, E>(schema: Schema.Codec<T, E>): Schema.Codec<T, Uint8Array> =>
  Schema.Uint8Array.pipe(
    Schema.decodeTo(Schema.Unknown, {
      decode: SchemaGetter.transformEffect((bytes: Uint8Array, options) => {
        const decoded = Packed.decode(bytes)
        return decoded._tag === "Value"
          ? Effect.succeed<unknown>(decoded.value)
          : Effect.fail(
              new SchemaIssue.InvalidValue(
                { message: `${decoded.issue} at ${decoded.path || "the top"}` },
                bytes,
                options
              )
            )
      }),
      encode: SchemaGetter.transform((value: unknown) => Packed.encode(value as Value))
    }),
    Schema.decodeTo(schema as unknown as Schema.Codec<T, unknown>)
  )
