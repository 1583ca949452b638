/**
 * Carries values of the database over the wire: as one `Uint8Array`, in which dates and bytes stay
 * what they are. See `@distri/store/value/Packed` for the form.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import { isDate, isPlain } from "@distri/store/value/Compare"
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
      encode: SchemaGetter.transformEffect((value: unknown, options) => {
        const issue = lossOf(value, 0)
        return issue === undefined
          ? Effect.succeed(Packed.encode(value as Value))
          : Effect.fail(new SchemaIssue.InvalidValue({ message: issue }, value, options))
      })
    }),
    Schema.decodeTo(schema as unknown as Schema.Codec<T, unknown>)
  )

/** Levels of a document in an operation of a batch, and some to spare. */
const depthMax = 128

/**
 * What would arrive as something else, or not at all. A member that is `undefined` is left out on
 * purpose, as in every object.
 */
const lossOf = (value: unknown, depth: number): string | undefined => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined
    case "number":
      return Number.isFinite(value) ? undefined : "a number that is not finite"
    case "object":
      if (value === null || value instanceof Uint8Array) return undefined
      if (depth > depthMax) return `more than ${depthMax} levels`
      if (Array.isArray(value)) return lossIn(Array.from(value), depth)
      if (isDate(value))
        return Number.isFinite(value.getTime()) ? undefined : "a date that is not valid"
      if (!isPlain(value)) return "an object that is not plain"
      return lossIn(
        Object.values(value).filter((member) => member !== undefined),
        depth
      )
    default:
      return `a value that cannot be stored (${typeof value})`
  }
}

const lossIn = (members: ReadonlyArray<unknown>, depth: number): string | undefined => {
  for (const member of members) {
    const issue = lossOf(member, depth + 1)
    if (issue !== undefined) return issue
  }
  return undefined
}
