/**
 * The network of a run: machines, the ways between them, who listens where, and the connections. Every
 * packet is a timer of the kernel; what goes wrong is told by faults and by nothing else (SIM5).
 */
import type * as Address from "@distri/core/transport/Address"
import type { SimKernel } from "../kernel/SimKernel.ts"
import { SimProcess } from "../kernel/SimProcess.ts"
import type { Host } from "./Host.ts"
import { Link } from "./Link.ts"
import type { NetProfile } from "./NetProfile.ts"
import { type Place, SimConnection, type Side } from "./SimConnection.ts"

/** Somebody who waits for connections at an address. */
export interface Listening extends Place {
  readonly onConnection: (connection: SimConnection, side: Side) => void
}

export class SimNet {
  /** Owns what is under way. */
  readonly process: SimProcess
  readonly listening = new Map<Address.Address, Listening>()
  private readonly seed: number
  private readonly profile: NetProfile
  private readonly hosts = new Map<string, Host>()
  private readonly links = new Map<string, Link>()
  private readonly connections = new Set<SimConnection>()
  private nextPort = 49_152

  constructor(kernel: SimKernel, seed: number, profile: NetProfile) {
    this.process = new SimProcess(kernel, "network", 0)
    this.seed = seed
    this.profile = profile
  }

  get kernel(): SimKernel {
    return this.process.kernel
  }

  addHost(name: string, ip: string): Host {
    const host: Host = { name, ip, isDark: false }
    this.hosts.set(ip, host)
    return host
  }

  hostAt(ip: string): Host | undefined {
    return this.hosts.get(ip)
  }

  freePort(): number {
    return this.nextPort++
  }

  link(from: string, to: string): Link {
    const name = `${from}>${to}`
    let link = this.links.get(name)
    if (link === undefined) {
      link = new Link(this.seed, name, this.links.size, this.profile)
      this.links.set(name, link)
    }
    return link
  }

  connect(from: Place, to: Place): SimConnection {
    const links = [
      this.link(from.host.name, to.host.name),
      this.link(to.host.name, from.host.name)
    ] as const
    const connection = new SimConnection(this.process, from, to, links)
    for (const known of this.connections) if (known.isOver) this.connections.delete(known)
    this.connections.add(connection)
    return connection
  }

  /** Those between two machines that at least one of them holds open. */
  between(one: string, other: string): ReadonlyArray<SimConnection> {
    return [...this.connections].filter(({ isOver, left, right }) => {
      const names = [left.host.name, right.host.name]
      return !isOver && names.includes(one) && names.includes(other)
    })
  }

  /** A process is gone. Its system ends what it left open, unless the machine went with it. */
  end({ host, process }: Place): void {
    for (const [address, { process: owner }] of this.listening) {
      if (owner === process) this.listening.delete(address)
    }
    for (const connection of this.connections) {
      const side = connection.sideOf(process)
      if (side === undefined) continue
      if (host.isDark) connection.vanish(side)
      else connection.close(side)
    }
  }
}
