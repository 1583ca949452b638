/**
 * Replaces what a schema names in a stored document, and nothing else.
 *
 * Most of it is one update that needs to know nothing of what is stored. Two things do:
 *
 * - An object that becomes empty: whether fields that the schema does not name keep it there.
 * - Something else where the schema has an object: no field can be set in it, so the update is
 *   refused, and a second one replaces it as a whole.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { UpdateDocument } from "@distri/store/command/Command"
import { InvalidDocument } from "@distri/store/command/Refusal"
import type { Written } from "@distri/store/command/Result"
import * as Canonical from "@distri/store/value/Canonical"
import type { Document } from "@distri/store/value/Value"
import type { UpdateOptions } from "../CollectionClient.ts"
import type { WriteError } from "../DatabaseError.ts"
import type { Documents, WriteOptions } from "../Documents.ts"
import { difference, type Difference, type Known, type Names } from "./schemaFields.ts"

type Update = typeof UpdateDocument.Type
type Options = UpdateOptions & WriteOptions

/** An update that makes all of `names` as in `document`. */
export const operation = (
  collection: string,
  { _id: id, ...fields }: Document,
  changes: Pick<Difference, "set" | "unset"> | undefined,
  { ifRev, upsert }: UpdateOptions = {}
): Update => ({
  _tag: "UpdateDocument",
  collection,
  id,
  ...(changes === undefined ? { replace: fields } : { set: changes.set, unset: changes.unset }),
  ...(ifRev === undefined ? {} : { ifRev }),
  ...(upsert === undefined ? {} : { upsert })
})

export const make = <E>(
  { execute, get }: Documents<E>,
  collection: string,
  names: Names | undefined
) => {
  const write = Effect.fnUntraced(function* (
    document: Document,
    changes: Difference | undefined,
    { idempotencyKey, timeout, ...options }: Options,
    known: Known = {}
  ): Effect.fn.Return<Written, WriteError | E> {
    const made = operation(collection, document, changes, options)
    const result = yield* Effect.result(execute(made, { idempotencyKey, timeout }))
    if (Result.isSuccess(result)) return result.success
    const { failure } = result
    const path = failure instanceof InvalidDocument ? fieldless(failure) : undefined
    if (path === undefined || !changes?.inside.includes(path)) return yield* Effect.fail(failure)
    // The refusal is remembered under the key, so a repeat comes here too and finds the next one.
    const key = idempotencyKey === undefined ? undefined : `${idempotencyKey}/whole`
    if (key !== undefined && !Canonical.isId(key)) return yield* Effect.fail(failure)
    const more = { ...known, whole: [...(known.whole ?? []), path] }
    const next = difference(names!, document, more)
    return yield* write(document, next, { ...options, idempotencyKey: key, timeout }, more)
  })

  return (document: Document, options: Options = {}): Effect.Effect<Written, WriteError | E> => {
    const changes = names === undefined ? undefined : difference(names, document)
    if (changes === undefined || !changes.empties) return write(document, changes, options)
    const found = get(collection, document._id, { timeout: options.timeout })
    return Effect.flatMap(
      // Nothing that only queries and cursors fail with comes of it.
      found as Effect.Effect<Effect.Success<typeof found>, WriteError | E>,
      (before) => {
        const known = { stored: Option.getOrUndefined(before)?.document }
        return write(document, difference(names!, document, known), options, known)
      }
    )
  }
}

/** Where an update found something else than an object, if that is why it was refused. */
const fieldless = ({ issue, path }: InvalidDocument): string | undefined => {
  if (issue === "a value that has no fields") return path
  if (issue !== "a name, where an array has numbers") return undefined
  return path.slice(0, path.lastIndexOf("."))
}
