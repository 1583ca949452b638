/**
 * The addresses a process knows, and what became of the attempts to connect to each.
 */
import type * as Deferred from "effect/Deferred"
import type { NodeId } from "../../cloud/UpdateInfo.ts"
import type { Address } from "../../transport/Address.ts"
import type { Link, OpenError } from "../Link.ts"

export interface Entry {
  readonly address: Address
  /** The node that answered there, or that reported the address. */
  node: NodeId | undefined
  link: Link | undefined
  dialing: Deferred.Deferred<Link, OpenError> | undefined
  failures: number
  nextDialMs: number
  why: OpenError | undefined
  /** When somebody last reported it, or was reached there. Given ones: always. */
  usedMs: number
}

const pauseMinMs = 100
const pauseMaxMs = 5000
/** Long enough for a machine that is mended tomorrow. */
const forgetAfterMs = 24 * 3600 * 1000

export class AddressBook {
  readonly #entries = new Map<Address, Entry>()
  readonly #links = new Map<NodeId, Link>()

  constructor(seeds: ReadonlyArray<Address>) {
    for (const seed of seeds) this.keep(seed)
  }

  get entries(): ReadonlyArray<Entry> {
    return Array.from(this.#entries.values())
  }

  /** The connections that can be used, by node. */
  get links(): ReadonlyMap<NodeId, Link> {
    return this.#links
  }

  /** An address that was given is never forgotten. */
  keep(address: Address): void {
    this.entry(address, Infinity).usedMs = Infinity
  }

  /** Somebody says that `node` is there. */
  reported(address: Address, node: NodeId, nowMs: number): void {
    const entry = this.entry(address, nowMs)
    entry.node = node
    this.#use(entry, nowMs)
  }

  /**
   * Lets go of addresses that nobody has used for a day. Who reaches no node at all keeps them: one of them
   * may come back.
   */
  forget(nowMs: number): void {
    if (this.#links.size === 0) return
    for (const [address, { dialing, link, usedMs }] of this.#entries) {
      const isIdle = link === undefined && dialing === undefined
      if (isIdle && nowMs - usedMs > forgetAfterMs) this.#entries.delete(address)
    }
  }

  /** The entry of `address`; a new one when it was not known. */
  entry(address: Address, nowMs: number): Entry {
    const known = this.#entries.get(address)
    if (known !== undefined) return known
    const entry: Entry = {
      address,
      node: undefined,
      link: undefined,
      dialing: undefined,
      failures: 0,
      nextDialMs: 0,
      why: undefined,
      usedMs: nowMs
    }
    this.#entries.set(address, entry)
    return entry
  }

  connected(entry: Entry, link: Link): void {
    entry.node = link.node
    entry.link = link
    entry.why = undefined
    this.#links.set(link.node, link)
  }

  disconnected(entry: Entry, link: Link, nowMs: number): void {
    this.#use(entry, nowMs)
    if (entry.link === link) entry.link = undefined
    if (this.#links.get(link.node) === link) this.#links.delete(link.node)
  }

  /** Somebody is there: it may be dialled at once. */
  heard(address: Address, nowMs: number): void {
    const entry = this.entry(address, nowMs)
    this.#use(entry, nowMs)
    entry.failures = 0
    entry.nextDialMs = 0
  }

  /** Starts a pause, longer each time. */
  failed(entry: Entry, why: OpenError, nowMs: number): void {
    entry.why = why
    entry.nextDialMs = nowMs + Math.min(pauseMinMs * 2 ** entry.failures, pauseMaxMs)
    entry.failures++
  }

  #use(entry: Entry, nowMs: number): void {
    entry.usedMs = Math.max(entry.usedMs, nowMs)
  }
}

/** Why `entry` is not dialled now, during its pause. */
export const pausing = ({ nextDialMs, why }: Entry, nowMs: number): OpenError | undefined =>
  nextDialMs > nowMs ? why : undefined
