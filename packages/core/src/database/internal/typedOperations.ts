/** The writes of a typed collection, checked and encoded. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { UpdateDocument } from "@distri/store/command/Command"
import type { InvalidDocument } from "@distri/store/command/Refusal"
import { update as updated } from "@distri/store/update/Update"
import type { Fields } from "@distri/store/value/Value"
import type { DocumentSchema } from "../Collection.ts"
import type { Operations, UpdateOptions } from "../CollectionClient.ts"
import { invalid, type DocumentCodec } from "./documentCodec.ts"
import * as Replacing from "./replacing.ts"
import { difference, type Names, schemaAt } from "./schemaFields.ts"

export const make = <S extends DocumentSchema>(
  collection: string,
  schema: S,
  codec: DocumentCodec<S["Type"]>,
  names: Names | undefined
): Operations<S> => {
  const add: Operations<S>["add"] = (document) =>
    Effect.map(codec.encodeNew(document), (fields) => ({
      _tag: "AddDocument",
      collection,
      document: fields
    }))

  const update = Effect.fnUntraced(function* (
    id: string,
    changes: Parameters<Operations<S>["update"]>[1],
    options?: UpdateOptions
  ) {
    const { inc, set, unset } = changes as unknown as Untyped
    for (const path in set) yield* checkField(schema, path, set[path])
    const operation: typeof UpdateDocument.Type = {
      _tag: "UpdateDocument",
      collection,
      id,
      ...(set === undefined ? {} : { set }),
      ...(unset === undefined ? {} : { unset }),
      ...(inc === undefined ? {} : { inc }),
      ...given(options)
    }
    if (options?.upsert === true) {
      const alone = updated({ _id: id }, operation)
      // What is refused here is refused where it is applied, with all that belongs to it.
      if (alone._tag === "Updated") yield* codec.check(alone.document)
    }
    return operation
  })

  const replace: Operations<S>["replace"] = (document, options) =>
    Effect.map(codec.encode(document), (encoded) => {
      const changes = names === undefined ? undefined : difference(names, encoded)
      return Replacing.operation(collection, encoded, changes, options)
    })

  return {
    add,
    update,
    replace,
    delete: (id, options) =>
      Effect.succeed({ _tag: "DeleteDocument", collection, id, ...given(options) }),
    deleteAll: (filter, options) =>
      Effect.succeed({
        _tag: "DeleteDocuments",
        collection,
        filter: asFields(filter),
        ...(options?.limit === undefined ? {} : { limit: options.limit })
      })
  }
}

// Types of a generic schema's paths are not to be compared with anything.
const asFields = (filter: unknown) => filter as Fields

interface Untyped {
  readonly set?: Fields
  readonly unset?: ReadonlyArray<string>
  readonly inc?: Fields
}

const given = ({ ifRev, upsert }: UpdateOptions = {}) => ({
  ...(ifRev === undefined ? {} : { ifRev }),
  ...(upsert === undefined ? {} : { upsert })
})

const checkField = (
  schema: DocumentSchema,
  path: string,
  value: unknown
): Effect.Effect<unknown, InvalidDocument> => {
  const field = schemaAt(schema.ast, path)
  return field === undefined
    ? Effect.void
    : Effect.mapError(Schema.decodeUnknownEffect(field)(value), ({ issue }) => invalid(issue, path))
}
