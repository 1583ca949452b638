/**
 * Rebuilds the collection from its changes, and looks whether each change fits what came before.
 *
 * The copy and the token change in one step, so a watcher that is stopped anywhere goes on from
 * its token as if nothing had been.
 */
import type { ChangeEvent, Client } from "@distri/core"
import type { ResumeToken } from "@distri/core/database/Documents"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { Parcels } from "../collections.ts"
import type { Change } from "./Writer.ts"
import type { Copy, Parcel } from "./Parcel.ts"

export interface Watcher {
  readonly copy: Copy
  /** Every change that came, in order. */
  readonly events: ReadonlyArray<Change>
  /** What did not fit. */
  readonly issues: ReadonlyArray<string>
  readonly initial: () => number
  /** Waits until the parcels as they were have come, and changes follow. */
  readonly ready: Effect.Effect<void>
  /** Waits until a change of this parcel has come. */
  readonly until: (id: string) => Effect.Effect<void, unknown>
  /** Waits until `count` more changes have come. */
  readonly more: (count: number) => Effect.Effect<void, unknown>
  readonly stop: Effect.Effect<void>
  /** Goes on after the last change that came. */
  readonly resume: Effect.Effect<void>
}

export const start = Effect.fnUntraced(function* (client: Client["Service"]) {
  const parcels = client.collection(Parcels)
  const scope = yield* Effect.scope
  const copy = new Map<string, Parcel>()
  const events: Array<Change> = []
  const tokens = new Set<string>()
  const ids = new Set<string>()
  const issues: Array<string> = []
  const ready = yield* Deferred.make<void>()
  let token: ResumeToken | undefined
  let initial = 0

  const take = (event: ChangeEvent<Parcel>) => {
    if (event.kind === "initial") {
      initial += 1
      copy.set(event.id, event.document)
      return
    }
    token = event.token
    if (event.kind === "ready") return Deferred.doneUnsafe(ready, Effect.void)
    const { after, id, kind, version } = event
    const last = events.at(-1)?.version ?? 0
    if (version < last) issues.push(`version ${version} came after ${last}`)
    if (tokens.has(token)) issues.push(`the token of version ${version} came twice`)
    if (copy.has(id) !== (kind !== "entered")) issues.push(`${id} ${kind}, which does not fit`)
    if (after === undefined) copy.delete(id)
    else copy.set(id, after)
    tokens.add(token)
    ids.add(id)
    events.push({ id, version })
    return
  }

  const follow = Effect.suspend(() =>
    parcels
      .watch({ from: token ?? "start" })
      .pipe(Stream.runForEach((event) => Effect.sync(() => take(event))))
  )
  let fiber = yield* Effect.forkIn(follow, scope)

  /** Looks again and again, and fails with the watch if that has failed. */
  const wait = (done: () => boolean) =>
    Effect.suspend(() => {
      const exit = fiber.pollUnsafe()
      return exit === undefined ? Effect.sleep("5 millis") : exit
    }).pipe(Effect.repeat({ until: done }), Effect.asVoid)

  return {
    copy,
    events,
    issues,
    initial: () => initial,
    ready: Effect.raceFirst(Deferred.await(ready), Effect.orDie(Fiber.join(fiber))),
    until: (id) => wait(() => ids.has(id)),
    more: (count) =>
      Effect.suspend(() => {
        const enough = events.length + count
        return wait(() => events.length >= enough)
      }),
    stop: Effect.suspend(() => Fiber.interrupt(fiber)),
    resume: Effect.flatMap(Effect.forkIn(follow, scope), (started) =>
      Effect.sync(() => {
        fiber = started
      })
    )
  } satisfies Watcher as Watcher
})
