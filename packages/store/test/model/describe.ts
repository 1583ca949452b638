/** States as JSON, to compare them with the model and with each other. */
import type { Effects } from "../../src/apply/apply.ts"
import type { State, Stored } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import type { Change } from "../../src/watch/Change.ts"
import { plain, text } from "./Json.ts"

/** As `Model.contents`. */
export const contents = (state: State): unknown =>
  Object.fromEntries(
    Array.from(Tree.entries(state.collections), ([name, { documents }]) => [
      name,
      Object.fromEntries(Array.from(Tree.entries(documents), ([id, stored]) => [id, held(stored)]))
    ])
  )

/** All that is in a state, whatever shape its trees have. */
export const describe = (state: State): string =>
  text({
    ...state,
    collections: Array.from(Tree.entries(state.collections), ([, collection]) => ({
      ...collection,
      documents: Array.from(Tree.entries(collection.documents), ([, stored]) => whole(stored)),
      indexes: collection.indexes.map((index) => ({
        ...index,
        entries: Array.from(Tree.entries(index.entries), ([key, stored]) => [key, whole(stored)])
      }))
    })),
    sessions: Array.from(Tree.entries(state.sessions), ([id, session]) => [
      id,
      { ...session, results: [...Tree.entries(session.results)] }
    ]),
    keys: [...Tree.entries(state.keys)],
    keyOrder: [...Tree.entries(state.keyOrder)]
  })

/** An effect as `Model.run` gives it. Where an issue is told in words, the words do not count. */
export const effect = ({ changes, result }: Effects): unknown => ({
  result: wordless(result),
  changes: changes.map((change) =>
    change.kind === "dropped" ? change : { ...change, ...beforeAndAfter(change) }
  )
})

export const wordless = (result: unknown): unknown => {
  const { _tag, reason } = (result ?? {}) as { readonly _tag?: string; readonly reason?: unknown }
  if (_tag === "BatchRefused") return { ...(result as object), reason: wordless(reason) }
  return _tag === "InvalidCommand" || _tag === "InvalidDocument" || _tag === "FilterError"
    ? { _tag }
    : result
}

const beforeAndAfter = ({ after, before }: Change) => ({
  ...(before === undefined ? {} : { before: held(before) }),
  ...(after === undefined ? {} : { after: held(after) })
})

const held = ({ document, rev }: Stored) => ({ doc: plain(document), rev })

const whole = (stored: Stored) => ({ ...stored, document: plain(stored.document) })
