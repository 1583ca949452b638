import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { pageMax } from "@distri/store/command/Limits"
import { CursorExpired, type ReadError, type WatchError } from "../DatabaseError.ts"
import type { ChangeEvent, Documents, Page, ResumeToken, WatchSpec } from "../Documents.ts"
import type { WatchPoll } from "../WatchPoll.ts"

/** A page that says which log its version counts in. Only a page of a snapshot does. */
export interface SnapshotPage extends Page {
  readonly log?: string
}

type Read<E> = (
  ...args: Parameters<Documents<E>["read"]>
) => Effect.Effect<SnapshotPage, ReadError | E>

/** Where the changes after a snapshot begin. */
type Version = Exclude<WatchPoll["after"], ResumeToken | undefined>

/**
 * The documents as they are, and then whatever `follow` gives from their version on.
 *
 * All pages are of one snapshot, so that nothing can happen between two pages, or between the last
 * page and the first change. Whoever keeps the snapshot may end it: a watcher that stands still
 * must not hold on to an old state.
 */
export const fromStart = <E>(
  read: Read<E>,
  { collection, filter }: WatchSpec,
  follow: (after: Version) => Stream.Stream<ChangeEvent, WatchError | E>
): Stream.Stream<ChangeEvent, WatchError | E> => {
  const query = { collection, ...(filter !== undefined && { filter }) }
  const page = (cursor?: string) =>
    Effect.mapError(
      read(query, { mode: "snapshot", consistency: "session", limit: pageMax, cursor }),
      asWatchError<E>
    )
  const rest = (cursor: string) =>
    Stream.paginate(cursor, (cursor) =>
      Effect.map(
        page(cursor),
        (page) => [initial(page), Option.fromUndefinedOr(page.next)] as const
      )
    )
  return Stream.unwrap(
    Effect.map(page(), (first) =>
      Stream.fromArray(initial(first)).pipe(
        Stream.concat(first.next === undefined ? Stream.empty : rest(first.next)),
        Stream.concat(follow(placeOf(first)))
      )
    )
  )
}

const placeOf = ({ log, version }: SnapshotPage): Version => ({
  version,
  ...(log !== undefined && { log })
})

const initial = ({ found }: Page): ReadonlyArray<ChangeEvent> =>
  found.map(({ document, rev }) => ({
    kind: "initial",
    id: document["_id"] as string,
    document,
    rev
  }))

/** The other errors are about sorts, projections and cursors that are not of this read. */
const asWatchError = <E>(error: ReadError | E): WatchError | E =>
  foreign.has((error as { readonly _tag?: string })._tag ?? "")
    ? new CursorExpired()
    : (error as WatchError | E)

const foreign: ReadonlySet<string> = new Set<ReadError["_tag"]>([
  "InvalidQuery",
  "SortTooLarge",
  "CursorInvalid",
  "CursorElsewhere"
])
