/** Commands on collections and their indexes. */
import type {
  CreateCollection,
  CreateIndex,
  DeleteCollection,
  DeleteIndex
} from "../command/Command.ts"
import { collectionsMax } from "../command/Limits.ts"
import * as Collections from "../state/Collections.ts"
import type { IndexDefinition } from "../state/State.ts"
import { equals } from "../value/Compare.ts"
import * as Draft from "./Draft.ts"
import { due, expireAll } from "./expiry.ts"

/** @category combinators */
export const create = (draft: Draft.Draft, op: typeof CreateCollection.Type): Draft.Outcome => {
  const { collections, index: uid } = draft.state
  const { collection: name, indexes = [] } = op
  if (Draft.collection(draft, name) !== undefined)
    return { _tag: "CollectionExists", collection: name }
  if (collections.size >= collectionsMax)
    return { _tag: "LimitReached", what: "collections", max: collectionsMax }
  const shape = { uid, name, options: optionsOf(op), indexes: indexes.map(definition) }
  Draft.keep(draft, undefined, Collections.make(shape))
  return Draft.written(draft, 0, 0)
}

/** @category combinators */
export const remove = (draft: Draft.Draft, op: typeof DeleteCollection.Type): Draft.Outcome => {
  const before = Draft.collection(draft, op.collection)
  if (before === undefined) return Draft.noCollection(op.collection)
  const present = before.documents.size - due(before, draft.state).length
  Draft.drop(draft, before)
  return Draft.written(draft, present, present)
}

/** @category combinators */
export const createIndex = (draft: Draft.Draft, op: typeof CreateIndex.Type): Draft.Outcome => {
  const before = Draft.collection(draft, op.collection)
  if (before === undefined) return Draft.noCollection(op.collection)
  const asked = definition(op.index)
  const { keys, name, unique } = asked
  const same = Collections.ownIndexes(before).find((index) => index.name === name)
  // Whoever offers a collection may ask again: only another definition is refused.
  if (same?.unique === unique && equals(same.keys, keys)) return Draft.written(draft, 0, 0)
  const refused =
    Collections.indexRefusal(before, asked) ??
    Collections.buildRefusal(before.documents.size - due(before, draft.state).length)
  if (refused !== undefined) return refused
  Draft.protect(draft)
  // Building meets every document, so what has expired goes first.
  const present = expireAll(draft, before, Infinity)
  const built = Collections.withIndex(present, asked)
  if (built._tag !== "Put") return built
  Draft.keep(draft, before, built.collection)
  return Draft.written(draft, 0, 0)
}

/** @category combinators */
export const removeIndex = (draft: Draft.Draft, op: typeof DeleteIndex.Type): Draft.Outcome => {
  const before = Draft.collection(draft, op.collection)
  if (before === undefined) return Draft.noCollection(op.collection)
  const { collection, index } = op
  if (!Collections.ownIndexes(before).some(({ name }) => name === index))
    return { _tag: "IndexNotFound", collection, index }
  Draft.keep(draft, before, Collections.withoutIndex(before, index))
  return Draft.written(draft, 0, 0)
}

const definition = (index: (typeof CreateIndex.Type)["index"]): IndexDefinition => ({
  name: index.name,
  keys: index.keys,
  unique: index.unique === true
})

const optionsOf = ({ bytesMax, documentsMax, expires }: typeof CreateCollection.Type) => ({
  ...(expires === undefined ? {} : { expires }),
  ...(documentsMax === undefined ? {} : { documentsMax }),
  ...(bytesMax === undefined ? {} : { bytesMax })
})
