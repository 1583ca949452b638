/**
 * The network of a tortured cloud: a relay for every pair of places, in this process.
 *
 * Nodes are known by the addresses that they listen on, and a node that dials does not bind its own, so
 * packet filters could not tell who talks to whom; and they need rights that few machines give. So a
 * node is told to dial a relay instead, which works everywhere, and cuts both directions or one.
 *
 * **Gotcha**: what is cut waits and arrives later, as TCP would have it. `reset` breaks connections.
 */
import type { Address } from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Link } from "./Link.ts"
import * as Relay from "./Relay.ts"
import type { Routes } from "./RelayedTransport.ts"

/** What is wrong between some places, for as long as it is imposed. */
export interface Condition {
  readonly covers: (from: string, to: string) => boolean
  readonly isCut?: boolean
  readonly delayMs?: number
}

export interface Network {
  /** What `from` dials instead of the nodes. */
  readonly routes: (from: string) => Routes
  /** Holds until the scope closes. */
  readonly impose: (condition: Condition) => Effect.Effect<void, never, Scope.Scope>
  readonly reset: (from: string, to: string) => void
}

/** The place where all clients are. */
export const clients = "clients"

/** `nodes`: their addresses by name. */
export const make = Effect.fnUntraced(function* (nodes: ReadonlyMap<string, Address>) {
  const names = [...nodes.keys(), clients]
  const links = new Map<string, Link>()
  for (const from of names) for (const to of names) links.set(`${from}>${to}`, new Link())
  const link = (from: string, to: string) => links.get(`${from}>${to}`)!

  const relays = new Map<string, Relay.Relay>()
  for (const from of names) {
    for (const [to, address] of nodes) {
      if (from === to) continue
      relays.set(`${from}>${to}`, yield* Relay.make(address, link(from, to), link(to, from)))
    }
  }

  const conditions = new Set<Condition>()
  const apply = () => {
    for (const from of names) {
      for (const to of names) {
        const holding = [...conditions].filter(({ covers }) => covers(from, to))
        const delayMs = holding.reduce((sum, { delayMs: own = 0 }) => sum + own, 0)
        const isCut = holding.some((condition) => condition.isCut === true)
        const one = link(from, to)
        if (one.isCut !== isCut || one.delayMs !== delayMs) one.set(isCut, delayMs)
      }
    }
  }
  const changed = (change: () => void) =>
    Effect.sync(() => {
      change()
      apply()
    })

  const network: Network = {
    routes: (from) =>
      new Map(
        Array.from(nodes, ([to, address]) => [
          address,
          relays.get(`${from}>${to}`)?.address ?? address
        ])
      ),
    impose: (condition) =>
      Effect.acquireRelease(
        changed(() => conditions.add(condition)),
        () => changed(() => conditions.delete(condition))
      ),
    reset: (from, to) => relays.get(`${from}>${to}`)?.reset()
  }
  return network
})
