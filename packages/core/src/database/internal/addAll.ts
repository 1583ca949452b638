/** Adds any number of documents, in batches that each fit into a command. */
import * as Effect from "effect/Effect"
import type { AddDocument } from "@distri/store/command/Command"
import { batchMax, documentMaxBytes } from "@distri/store/command/Limits"
import { BatchRefused, InvalidCommand, InvalidDocument } from "@distri/store/command/Refusal"
import * as Canonical from "@distri/store/value/Canonical"
import { AddAllFailed } from "../CollectionError.ts"
import type { Documents, WriteOptions } from "../Documents.ts"

type Add = typeof AddDocument.Type

export const addAll = Effect.fnUntraced(function* <E, D>(
  execute: Documents<E>["execute"],
  operation: (document: D) => Effect.Effect<Add, InvalidDocument>,
  documents: Iterable<D>,
  options: WriteOptions = {}
): Effect.fn.Return<number, AddAllFailed<E>> {
  const { idempotencyKey: key } = options
  const all = yield* batches(operation, documents)
  // A key that only the later batches make too long would be refused after the first were added.
  if (key !== undefined && all.length > 0 && !Canonical.isId(keyOf(key, all.length - 1)))
    return yield* new AddAllFailed<E>({ added: 0, reason: tooLong(all.length) })
  let added = 0
  for (const [number, operations] of all.entries()) {
    // The same documents make the same batches, so a repeat finds each under its own key.
    const named = key === undefined ? options : { ...options, idempotencyKey: keyOf(key, number) }
    yield* Effect.mapError(execute({ _tag: "Batch", operations }, named), (reason) =>
      reason instanceof BatchRefused
        ? refused(added, added + reason.position, reason.reason)
        : new AddAllFailed<E>({ added, reason })
    )
    added += operations.length
  }
  return added
})

const keyOf = (key: string, number: number) => `${key}/${number}`

const tooLong = (count: number) =>
  new InvalidCommand({
    path: "idempotencyKey",
    issue: `with "/${count - 1}", for the last of ${count} batches, it has to be a text of at most 128 bytes`
  })

const batches = Effect.fnUntraced(function* <D>(
  operation: (document: D) => Effect.Effect<Add, InvalidDocument>,
  documents: Iterable<D>
) {
  const all: Array<Array<Add>> = []
  let last: Array<Add> = []
  let bytes = 0
  let position = 0
  for (const document of documents) {
    const at = position
    const add = yield* Effect.mapError(operation(document), (reason) => refused(0, at, reason))
    const canonical = Canonical.of(add.document)
    if (canonical._tag === "Issue") {
      const { issue, path } = canonical
      return yield* refused(0, at, new InvalidDocument({ path, issue }))
    }
    if (
      last.length === 0 ||
      last.length === batchMax ||
      bytes + canonical.bytes > documentMaxBytes
    ) {
      last = []
      all.push(last)
      bytes = 0
    }
    last.push(add)
    bytes += canonical.bytes
    position += 1
  }
  return all
})

const refused = (added: number, position: number, reason: AddAllFailed["reason"]) =>
  new AddAllFailed<never>({ added, position, reason })
