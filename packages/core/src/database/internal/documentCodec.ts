/** Documents between what a schema makes of them and what is stored. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { InvalidDocument } from "@distri/store/command/Refusal"
import type { Document, Fields } from "@distri/store/value/Value"
import type { DocumentSchema } from "../Collection.ts"
import { DocumentDecodeError } from "../CollectionError.ts"
import type { Found } from "../Documents.ts"

/** Stands in for an `_id` that is made when the document is added. */
const placeholder = "0".repeat(26)

export interface DocumentCodec<D> {
  readonly decode: (found: Found) => Effect.Effect<Found<D>, DocumentDecodeError>
  /** As `decode`, of a document that was found. */
  readonly decodeSome: (found: Found) => Effect.Effect<Option.Option<Found<D>>, DocumentDecodeError>
  /** Of a document as it is put into a constructor. */
  readonly encode: (made: object) => Effect.Effect<Document, InvalidDocument>
  /** As `encode`, but without an `_id` if `made` has none. */
  readonly encodeNew: (made: object) => Effect.Effect<Fields, InvalidDocument>
  /** Whether a stored document fits. */
  readonly check: (document: Fields) => Effect.Effect<void, InvalidDocument>
}

export const make = <S extends DocumentSchema>(
  collection: string,
  schema: S
): DocumentCodec<S["Type"]> => {
  const decodeDocument = Schema.decodeUnknownEffect(schema)
  const encodeDocument = Schema.encodeUnknownEffect(schema)

  const decode = ({
    document,
    rev
  }: Found): Effect.Effect<Found<S["Type"]>, DocumentDecodeError> => {
    const decoded = decodeDocument(document)
    // Without a transformation that waits it is done already: the hot path of every read.
    if (Exit.isExit(decoded) && Exit.isSuccess(decoded))
      return Exit.succeed({ document: decoded.value as S["Type"], rev })
    return Effect.mapBoth(decoded, {
      onSuccess: (value) => ({ document: value, rev }),
      onFailure: ({ message }) =>
        new DocumentDecodeError({
          collection,
          id: String(document["_id"]),
          version: rev,
          issue: message
        })
    })
  }

  const decodeSome = (
    found: Found
  ): Effect.Effect<Option.Option<Found<S["Type"]>>, DocumentDecodeError> => {
    const decoded = decode(found)
    return Exit.isExit(decoded) && Exit.isSuccess(decoded)
      ? Exit.succeed(Option.some(decoded.value as Found<S["Type"]>))
      : Effect.asSome(decoded)
  }

  const encode = Effect.fnUntraced(function* (made: object) {
    // Making it first applies defaults, and builds the class if the schema is one.
    const document = yield* Effect.mapError(schema.makeEffect(made as never), invalid)
    const encoded = yield* Effect.mapError(encodeDocument(document), ({ issue }) => invalid(issue))
    if (encoded["_id"] !== document["_id"])
      return yield* new InvalidDocument({ path: "_id", issue: "an _id is stored as it is" })
    return encoded as Document
  })

  const encodeNew = Effect.fnUntraced(function* (made: object) {
    if ("_id" in made && made["_id"] !== undefined) return yield* encode(made)
    const { _id, ...fields } = yield* encode({ ...made, _id: placeholder })
    return fields
  })

  const check = (document: Fields) =>
    Effect.mapError(decodeDocument(document), ({ issue }) => invalid(issue))

  return { decode, decodeSome, encode, encodeNew, check }
}

/** The first thing that is wrong, with its path below `at`. */
export const invalid = (issue: SchemaIssue.Issue, at = ""): InvalidDocument => {
  const [first] = format(issue).issues
  return new InvalidDocument({
    path: (first?.path ?? []).reduce(append, at),
    issue: first?.message ?? "it does not fit the schema"
  })
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const append = (path: string, step: PropertyKey | { readonly key: PropertyKey }): string => {
  const key = typeof step === "object" ? step.key : step
  if (typeof key === "number") return `${path}[${key}]`
  return path === "" ? String(key) : `${path}.${String(key)}`
}
