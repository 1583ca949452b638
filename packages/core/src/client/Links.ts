/**
 * Keeps connections to the nodes of a cloud: finds them, dials them, notices when they break.
 *
 * It starts with the addresses it was given and learns the others from the reports that every node
 * sends. Each node has at most one connection, shared by all calls. A dial that failed is not
 * repeated at once: until a pause is over, 100 ms to 5 s, the answer is why it failed.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable } from "../cloud/NodeTable.ts"
import type { NodeId } from "../cloud/UpdateInfo.ts"
import type { Hello } from "../service/Handshake.ts"
import * as Address from "../transport/Address.ts"
import type { Transport } from "../transport/Transport.ts"
import { AddressBook } from "./internal/addressBook.ts"
import * as Dial from "./internal/dial.ts"
import type * as Link from "./Link.ts"

/** Who this process is, and where it finds the first nodes. @category models */
export interface LinksOptions {
  /** Addresses to begin with. One that answers is enough. */
  readonly seeds: ReadonlyArray<Address.Address>
  readonly hello: Pick<Hello, "cluster" | "node">
}

/** An address and why it cannot be reached now. @category models */
export interface Unreachable {
  readonly address: Address.Address
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
    readonly addresses: Effect.Effect<ReadonlySet<Address.Address>>
    readonly register: (address: Address.Address) => Effect.Effect<void>
    /** The node was heard: a pause before its address is dialled again is over. */
    readonly heard: (address: Address.Address) => void
    /** The connection to `address`, dialled if there is none. Callers share one attempt. */
    readonly to: (address: Address.Address) => Effect.Effect<Link.Link, Link.OpenError>
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

const make = Effect.fnUntraced(function* (options: LinksOptions) {
  const table = yield* NodeTable
  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const book = new AddressBook(options.seeds)
  const dial = yield* Dial.make(options.hello, book, nowMs)

  /** Adds what the table has learned since. Who has been silent for long was perhaps only not asked. */
  const learn = Effect.map(SubscriptionRef.get(table.nodes), (nodes) => {
    const now = nowMs()
    for (const { info } of nodes.values()) {
      if (info.node !== options.hello.node && Address.is(info.address))
        book.reported(info.address, info.node, now)
    }
    book.forget(now)
  })

  const another = Effect.fnUntraced(function* (exclude: ReadonlySet<NodeId>) {
    yield* learn
    const free = book.entries.filter(
      ({ link, node }) => link === undefined && (node === undefined || !exclude.has(node))
    )
    // In random order, or every client would crowd the first node of the list; those that failed
    // come last.
    const candidates = (yield* Random.shuffle(free)).toSorted((a, b) => a.failures - b.failures)
    const unreachable: Array<Unreachable> = []
    for (const entry of candidates) {
      const result = yield* Effect.result(dial(entry))
      if (result._tag === "Success") return result.success
      unreachable.push({ address: entry.address, why: result.failure })
    }
    return yield* Effect.fail(unreachable)
  })

  return Links.of({
    connected: () => book.links,
    addresses: Effect.map(learn, () => new Set(book.entries.map(({ address }) => address))),
    register: (address) => Effect.sync(() => book.keep(address)),
    heard: (address) => book.heard(address, nowMs()),
    to: (address) => Effect.suspend(() => dial(book.entry(address, nowMs()))),
    another
  })
})
