/** Carries out the faults of a list at their times, and ends them all when the run heals. */
import type * as Context from "effect/Context"
import type { SimKernel } from "../kernel/SimKernel.ts"
import type { SimNet } from "../net/SimNet.ts"
import { isCut } from "../fault/isCut.ts"
import type { Fault, Partition, SlowLink, Storm } from "./Fault.ts"
import type { Journal } from "./Journal.ts"
import type { Machine } from "./Machine.ts"
import type { AnyOptions } from "./Options.ts"

type Lasting = Extract<Fault, { readonly forMs: number }>

export class Faults {
  private readonly net: SimNet
  private readonly journal: Journal
  private readonly machines: ReadonlyMap<string, Machine>
  private readonly canLose: AnyOptions["canLose"]
  private readonly lasting = new Set<Lasting>()
  private isOver = false
  /** How many crashes and restarts there were. */
  private ended = 0

  constructor(
    net: SimNet,
    journal: Journal,
    machines: ReadonlyMap<string, Machine>,
    faults: ReadonlyArray<Fault>,
    canLose: AnyOptions["canLose"]
  ) {
    this.canLose = canLose
    this.net = net
    this.journal = journal
    this.machines = machines
    for (const fault of faults) {
      this.kernel.setTimer(net.process, fault.at, () => this.begin(fault))
    }
  }

  private get kernel(): SimKernel {
    return this.net.kernel
  }

  /** Everything works from here on: nothing is slow, cut off, paused or down. */
  heal(): void {
    for (const fault of this.lasting) this.end(fault)
    this.isOver = true
    this.journal.add("", "all faults are over")
    this.kernel.enter(() => {
      for (const machine of this.machines.values()) machine.heal()
    })
  }

  private begin(fault: Fault): void {
    if (this.isOver || this.isTooMuch(fault)) return
    this.journal.add("", `fault ${describeFault(fault)}`)
    if ("forMs" in fault) {
      this.lasting.add(fault)
      this.kernel.setTimer(this.net.process, fault.forMs, () => this.end(fault))
    }
    switch (fault.kind) {
      case "partition":
      case "slowLink":
      case "storm":
        return this.change(fault, 1)
      case "reset":
        return this.reset(fault.from, fault.to, fault.isHalf)
      case "crash":
        this.ended += 1
        return this.machine(fault.node).crash(fault)
      case "restart":
        this.ended += 1
        return this.machine(fault.node).stop(fault.downMs)
      case "pause":
        return this.machine(fault.node).pause(fault)
      case "clockJump":
        return this.machine(fault.node).jump(fault.byMs)
    }
  }

  private isTooMuch(fault: Fault): boolean {
    if (this.canLose === undefined) return false
    if (fault.kind !== "crash" && fault.kind !== "restart") return false
    const running = new Map<string, Context.Context<any>>()
    for (const { name, services, isDoomed } of this.machines.values()) {
      if (services !== undefined && !isDoomed) running.set(name, services)
    }
    return !this.canLose(fault.node, running, this.ended)
  }

  private end(fault: Lasting): void {
    if (!this.lasting.delete(fault)) return
    if (fault.kind === "pause") this.machine(fault.node).resume(fault)
    else this.change(fault, -1)
  }

  private machine(name: string): Machine {
    return this.machines.get(name)!
  }

  private change(fault: Partition | SlowLink | Storm, sign: 1 | -1): void {
    const { nowMs } = this.kernel
    const names = [...this.machines.keys()]
    if (fault.kind === "slowLink") {
      const link = this.net.link(fault.from, fault.to)
      link.extraMs += sign * fault.extraMs
      const { bytesPerSecond } = fault
      if (bytesPerSecond !== undefined) {
        link.limit(sign > 0 ? bytesPerSecond / 1_000 : Infinity, nowMs)
      }
      return
    }
    for (const from of names) {
      for (const to of names) {
        const link = this.net.link(from, to)
        if (fault.kind === "storm") link.extraMs += sign * fault.extraMs
        else if (isCut(fault, from, to) && sign > 0) link.cut(nowMs)
        else if (isCut(fault, from, to)) link.mend(nowMs)
      }
    }
  }

  private reset(from: string, to: string, isHalf: boolean): void {
    for (const connection of this.net.between(from, to)) {
      const { left, right } = connection
      if (isHalf) connection.lose(left.host.name === from ? left : right)
      else connection.reset()
    }
  }
}

export const describeFault = ({ at, kind, ...rest }: Fault): string =>
  `${kind} at ${at} ms ${JSON.stringify(rest)}`
