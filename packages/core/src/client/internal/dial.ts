/**
 * Connects to the addresses of a book: once for all who ask meanwhile, and until the node leaves.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { NodeTable } from "../../cloud/NodeTable.ts"
import type { UpdateInfo } from "../../cloud/UpdateInfo.ts"
import type { Hello } from "../../service/Handshake.ts"
import { DialFailed, Transport } from "../../transport/Transport.ts"
import * as Link from "../Link.ts"
import { type AddressBook, type Entry, pausing } from "./addressBook.ts"

/** How long a new connection may keep silent about its node before it counts as useless. */
const greetingMax = "5 seconds"
/** A connection that breaks sooner does not shorten the pause before the next one. */
const provenAfter = "5 seconds"

export const make = Effect.fnUntraced(function* (
  hello: Pick<Hello, "cluster" | "node">,
  book: AddressBook,
  nowMs: () => number
) {
  const open = yield* makeOpen(hello, book, nowMs)
  const scope = yield* Effect.scope

  const start = (entry: Entry, dialing: Deferred.Deferred<Link.Link, Link.OpenError>) =>
    open(entry).pipe(
      Effect.tapError((why) => Effect.sync(() => book.failed(entry, why, nowMs()))),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          entry.dialing = undefined
          Deferred.doneUnsafe(dialing, exit)
        })
      )
    )

  return (entry: Entry): Effect.Effect<Link.Link, Link.OpenError> =>
    Effect.suspend(() => {
      if (entry.link !== undefined) return Effect.succeed(entry.link)
      if (entry.dialing !== undefined) return Deferred.await(entry.dialing)
      const why = pausing(entry, nowMs())
      if (why !== undefined) return Effect.fail(why)
      const dialing = Deferred.makeUnsafe<Link.Link, Link.OpenError>()
      entry.dialing = dialing
      // Forked: a caller that gives up must not end the dial for the others.
      return Effect.andThen(Effect.forkIn(start(entry, dialing), scope), Deferred.await(dialing))
    })
})

const makeOpen = Effect.fnUntraced(function* (
  hello: Pick<Hello, "cluster" | "node">,
  book: AddressBook,
  nowMs: () => number
) {
  const table = yield* NodeTable
  const transport = yield* Transport
  const scope = yield* Effect.scope

  const lost = (entry: Entry, link: Link.Link, child: Scope.Closeable) =>
    Effect.suspend(() => {
      const wasOpen = entry.link === link
      book.disconnected(entry, link, nowMs())
      const { address } = entry
      const why = new DialFailed({ address, reason: "the connection broke a moment ago" })
      if (wasOpen) book.failed(entry, why, nowMs())
      return Effect.andThen(table.broke(link.node), Scope.close(child, Exit.void))
    })

  /**
   * The node is leaving: it gets nothing more from here, and once it has answered what it had, the
   * connection is closed from this side. So no request meets a closing connection.
   */
  const leave = (entry: Entry, link: Link.Link, child: Scope.Closeable) =>
    Effect.suspend(() => {
      if (entry.link !== link) return Effect.void
      book.disconnected(entry, link, nowMs())
      const { address } = entry
      book.failed(entry, new DialFailed({ address, reason: "the node is shutting down" }), nowMs())
      const close = Effect.andThen(link.settled, Scope.close(child, Exit.void))
      return Effect.asVoid(Effect.forkIn(close, scope))
    })

  return Effect.fnUntraced(function* (entry: Entry) {
    const child = yield* Scope.fork(scope)
    const greeted = yield* Deferred.make<void>()
    let link: Link.Link | undefined
    let leaving = false
    const onNode = Effect.fnUntraced(function* (info: UpdateInfo, ageMs: number) {
      // A node knows itself better than the others do.
      if (info.node !== hello.node) yield* table.report(info, ageMs)
      yield* Deferred.succeed(greeted, undefined)
      // Nodes need each other to the end: a log goes on with who is leaving until it has left.
      if (hello.node !== undefined) return
      // The node speaks of itself in its own address, and first of all.
      if (info.address !== entry.address || info.state !== "draining") return
      leaving = true
      if (link !== undefined) yield* leave(entry, link, child)
    })
    link = yield* Link.open(entry.address, hello, onNode).pipe(
      // Before its first report nothing can be placed on the node.
      Effect.tap(() => Effect.timeoutOption(Deferred.await(greeted), greetingMax)),
      Scope.provide(child),
      Effect.provideService(Transport, transport),
      Effect.onError(() => Scope.close(child, Exit.void))
    )
    book.connected(entry, link)
    yield* Effect.forkIn(Effect.delay(proven(entry, link), provenAfter), scope)
    yield* Effect.forkIn(Effect.andThen(link.lost, lost(entry, link, child)), scope)
    if (leaving) yield* leave(entry, link, child)
    return link
  })
})

const proven = (entry: Entry, link: Link.Link) =>
  Effect.sync(() => {
    if (entry.link === link) entry.failures = 0
  })
