/**
 * Keeps connections to the nodes of a cloud: finds them, dials them, notices when they break.
 *
 * It starts with the addresses it was given and learns the others from the reports that every node
 * sends. Each node has at most one connection, shared by all calls. A dial that fails is not
 * repeated at once: the pause grows from 100 ms to 5 s.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable } from "../cloud/NodeTable.ts"
import type { NodeId, UpdateInfo } from "../cloud/UpdateInfo.ts"
import type { Hello } from "../service/Handshake.ts"
import { Address } from "../transport/Address.ts"
import { DialFailed, Transport } from "../transport/Transport.ts"
import * as Link from "./Link.ts"

/** Who this process is, and where it finds the first nodes. @category models */
export interface LinksOptions {
  /** Addresses to begin with. One that answers is enough. */
  readonly seeds: ReadonlyArray<Address>
  readonly hello: Pick<Hello, "cluster" | "node">
}

/** An address and why it cannot be reached now. @category models */
export interface Unreachable {
  readonly address: Address
  readonly why: Link.OpenError
}

/**
 * @category services
 * @since 0.1.0
 */
export class Links extends Context.Service<
  Links,
  {
    /** The nodes that are connected now. */
    readonly connected: () => ReadonlyMap<NodeId, Link.Link>
    /** Every address known: given, registered or reported. */
    readonly addresses: Effect.Effect<ReadonlySet<Address>>
    readonly register: (address: Address) => Effect.Effect<void>
    /** The connection to `address`, dialled if there is none. Callers share one attempt. */
    readonly to: (address: Address) => Effect.Effect<Link.Link, Link.OpenError>
    /**
     * Connects to one more node that is not in `exclude`, trying them one after the other. Fails
     * with what each answered when none can be reached.
     */
    readonly another: (
      exclude: ReadonlySet<NodeId>
    ) => Effect.Effect<Link.Link, ReadonlyArray<Unreachable>>
  }
>()("@distri/core/client/Links") {
  static readonly layer = (
    options: LinksOptions
  ): Layer.Layer<Links, never, NodeTable | Transport> => Layer.effect(Links, make(options))
}

interface Entry {
  readonly address: Address
  node: NodeId | undefined
  link: Link.Link | undefined
  dialing: Deferred.Deferred<Link.Link, Link.OpenError> | undefined
  failures: number
  nextDialMs: number
  why: Link.OpenError | undefined
}

const pauseMinMs = 100
const pauseMaxMs = 5000
/** How long a new connection may keep silent about its node before it counts as useless. */
const greetingMax = "5 seconds"

const make = Effect.fnUntraced(function* (options: LinksOptions) {
  const table = yield* NodeTable
  const clock = yield* Clock.Clock
  const book = new AddressBook(options.seeds)
  const links = new Map<NodeId, Link.Link>()
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const dial = yield* makeDial(options.hello, links, nowMs)

  /** Adds what the table has learned since. */
  const learn = Effect.map(SubscriptionRef.get(table.nodes), (nodes) => {
    for (const { info, status } of nodes.values()) {
      if (status !== "down" && info.node !== options.hello.node && isAddress(info.address)) {
        book.entry(info.address).node = info.node
      }
    }
  })

  const another = Effect.fnUntraced(function* (exclude: ReadonlySet<NodeId>) {
    yield* learn
    const free = book.entries.filter(
      ({ link, node }) => link === undefined && (node === undefined || !exclude.has(node))
    )
    // In random order, or every client would crowd the first node of the list. Those that failed
    // are tried last; those in their pause, not at all.
    const candidates = (yield* Random.shuffle(free)).toSorted((a, b) => a.failures - b.failures)
    const unreachable: Array<Unreachable> = []
    for (const entry of candidates) {
      const { address, nextDialMs, why } = entry
      if (why !== undefined && nextDialMs > nowMs()) {
        unreachable.push({ address, why })
        continue
      }
      const result = yield* Effect.result(dial(entry))
      if (result._tag === "Success") return result.success
      unreachable.push({ address, why: result.failure })
    }
    return yield* Effect.fail(unreachable)
  })

  return Links.of({
    connected: () => links,
    addresses: Effect.map(learn, () => new Set(book.entries.map(({ address }) => address))),
    register: (address) => Effect.sync(() => void book.entry(address)),
    to: (address) => Effect.suspend(() => dial(book.entry(address))),
    another
  })
})

class AddressBook {
  readonly #entries = new Map<Address, Entry>()

  constructor(seeds: ReadonlyArray<Address>) {
    for (const seed of seeds) this.entry(seed)
  }

  get entries(): ReadonlyArray<Entry> {
    return Array.from(this.#entries.values())
  }

  /** The entry of `address`; a new one when it was not known. */
  entry(address: Address): Entry {
    const known = this.#entries.get(address)
    if (known !== undefined) return known
    const entry: Entry = {
      address,
      node: undefined,
      link: undefined,
      dialing: undefined,
      failures: 0,
      nextDialMs: 0,
      why: undefined
    }
    this.#entries.set(address, entry)
    return entry
  }
}

/** Connects an entry, once for all who ask meanwhile, and keeps `links` true. */
const makeDial = Effect.fnUntraced(function* (
  hello: LinksOptions["hello"],
  links: Map<NodeId, Link.Link>,
  nowMs: () => number
) {
  const table = yield* NodeTable
  const transport = yield* Transport
  const scope = yield* Effect.scope

  const forget = (entry: Entry, link: Link.Link) => {
    if (entry.link === link) entry.link = undefined
    if (links.get(link.node) === link) links.delete(link.node)
  }

  const lost = (entry: Entry, link: Link.Link, child: Scope.Closeable) =>
    Effect.suspend(() => {
      forget(entry, link)
      return Effect.andThen(table.broke(link.node), Scope.close(child, Exit.void))
    })

  /**
   * The node is leaving: it gets nothing more from here, and once it has answered what it had, the
   * connection is closed from this side. So no request meets a closing connection.
   */
  const leave = (entry: Entry, link: Link.Link, child: Scope.Closeable) =>
    Effect.suspend(() => {
      if (entry.link !== link) return Effect.void
      forget(entry, link)
      const why = new DialFailed({ address: entry.address, reason: "the node is shutting down" })
      return Effect.andThen(
        failed(entry, why),
        Effect.forkIn(Effect.andThen(link.settled, Scope.close(child, Exit.void)), scope)
      )
    })

  const open = Effect.fnUntraced(function* (entry: Entry) {
    const child = yield* Scope.fork(scope)
    const greeted = yield* Deferred.make<void>()
    let link: Link.Link | undefined
    const onNode = Effect.fnUntraced(function* (info: UpdateInfo, ageMs: number) {
      yield* table.report(info, ageMs)
      yield* Deferred.succeed(greeted, undefined)
      if (info.node === link?.node && info.state === "draining") yield* leave(entry, link, child)
    })
    link = yield* Link.open(entry.address, hello, onNode).pipe(
      // Before its first report nothing can be placed on the node.
      Effect.tap(() => Effect.timeoutOption(Deferred.await(greeted), greetingMax)),
      Scope.provide(child),
      Effect.provideService(Transport, transport),
      Effect.onError(() => Scope.close(child, Exit.void))
    )
    entry.node = link.node
    entry.link = link
    entry.failures = 0
    links.set(link.node, link)
    yield* Effect.forkIn(Effect.andThen(link.lost, lost(entry, link, child)), scope)
    return link
  })

  const failed = (entry: Entry, why: Link.OpenError) =>
    Effect.sync(() => {
      entry.why = why
      entry.nextDialMs = nowMs() + Math.min(pauseMinMs * 2 ** entry.failures, pauseMaxMs)
      entry.failures++
    })

  return (entry: Entry): Effect.Effect<Link.Link, Link.OpenError> =>
    Effect.suspend(() => {
      if (entry.link !== undefined) return Effect.succeed(entry.link)
      if (entry.dialing !== undefined) return Deferred.await(entry.dialing)
      const dialing = Deferred.makeUnsafe<Link.Link, Link.OpenError>()
      entry.dialing = dialing
      // Forked: a caller that gives up must not end the dial for the others.
      return open(entry).pipe(
        Effect.tapError((why) => failed(entry, why)),
        Effect.onExit((exit) =>
          Effect.sync(() => {
            entry.dialing = undefined
            Deferred.doneUnsafe(dialing, exit)
          })
        ),
        Effect.forkIn(scope),
        Effect.andThen(Deferred.await(dialing))
      )
    })
})

const isAddress = Schema.is(Address)
