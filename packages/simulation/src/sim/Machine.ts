/** A machine of the simulation, and the lives of the process on it. */
import { Load } from "@distri/core/cloud/Load"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as EffectRandom from "effect/Random"
import type * as Scope from "effect/Scope"
import { simRandom, simSecureRandom } from "../kernel/simRandom.ts"
import { SimProcess } from "../kernel/SimProcess.ts"
import type { Host } from "../net/Host.ts"
import type { SimNet } from "../net/SimNet.ts"
import * as SimTransport from "../net/SimTransport.ts"
import { Random } from "../random/Random.ts"
import type { Crash } from "./Fault.ts"
import type { Journal } from "./Journal.ts"
import type { Hardware, Services } from "./Program.ts"

interface Options {
  readonly seed: number
  readonly net: SimNet
  readonly journal: Journal
  readonly host: Host
  /** Tells machines apart. */
  readonly number: number
  readonly hardware: Hardware<never> | undefined
  /** What runs in each life of its process. */
  readonly program: (machine: Machine) => Effect.Effect<unknown, unknown, any>
  /** Its program ended by itself. */
  readonly onExit: (machine: Machine, exit: Exit.Exit<unknown, unknown>) => void
}

/** More lives than any machine has. */
const livesMax = 10_000

export class Machine {
  life = 0
  process: SimProcess | undefined = undefined
  fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined
  /** What the program of this life built. */
  services: Context.Context<any> | undefined = undefined
  private readonly options: Options
  /** This life is about to end: a crash is due after some tasks, or it was asked to end. */
  isDoomed = false
  private wallOffsetMs = 0
  private startsAgainMs: number | undefined = undefined
  private readonly pauses = new Set<object>()

  constructor(options: Options) {
    this.options = options
  }

  get name(): string {
    return this.options.host.name
  }

  /** Its program has run to its end, or will not run again. */
  get isDone(): boolean {
    return this.life > 0 && this.process === undefined && this.startsAgainMs === undefined
  }

  boot(): void {
    if (this.process !== undefined) return
    const { net, host, journal, hardware, number, program, onExit } = this.options
    this.startsAgainMs = undefined
    this.isDoomed = false
    this.life++
    host.isDark = false
    const process = new SimProcess(net.kernel, this.name, number * livesMax + this.life)
    process.wallOffsetMs = this.wallOffsetMs
    this.process = process
    journal.add(this.name, `starts, life ${this.life}`)
    const fiber = this.run(process, Effect.scoped(program(this)))
    this.fiber = fiber
    fiber.addObserver((exit) => {
      if (!process.isAlive || this.process !== process) return
      const isWanted = this.startsAgainMs !== undefined
      this.gone(process, "has ended")
      hardware?.onEnd?.("exit")
      if (!isWanted) onExit(this, exit)
    })
  }

  /** Runs something more in the process of this life, as a program of its own. */
  more<A, E>(effect: Effect.Effect<A, E, any>): Fiber.Fiber<A, E> | undefined {
    return this.process === undefined ? undefined : this.run(this.process, Effect.scoped(effect))
  }

  crash(fault: Crash): void {
    const { process } = this
    this.isDoomed = true
    process?.after(fault.afterTasks, () => this.die(process, fault))
    if (fault.afterTasks === 0 && process !== undefined) this.die(process, fault)
  }

  /** Asks the process to end by interrupting its program; its finalizers run. */
  stop(downMs: number): void {
    const { process, fiber } = this
    if (process === undefined || fiber === undefined || this.startsAgainMs !== undefined) return
    this.options.journal.add(this.name, "is asked to end")
    this.startsAgainMs = downMs
    this.isDoomed = true
    process.kernel.enter(() => process.deliver(() => fiber.interruptUnsafe()))
  }

  pause(by: object): void {
    this.pauses.add(by)
    this.process?.pause()
  }

  /** It runs again when all that paused it has ended. */
  resume(by: object): void {
    if (this.pauses.delete(by) && this.pauses.size === 0) this.process?.resume()
  }

  jump(byMs: number): void {
    this.wallOffsetMs += byMs
    if (this.process !== undefined) this.process.wallOffsetMs = this.wallOffsetMs
  }

  /** Nothing is wrong with it from here on. */
  heal(): void {
    this.process?.after(Infinity, () => {})
    this.isDoomed = this.startsAgainMs !== undefined
    for (const by of this.pauses) this.resume(by)
    if (this.process === undefined && this.startsAgainMs !== undefined) this.boot()
  }

  private run<A, E>(process: SimProcess, effect: Effect.Effect<A, E, any>): Fiber.Fiber<A, E> {
    const { seed, net, host, hardware, journal } = this.options
    const stream = `${this.name}#${this.life}`
    const own: Layer.Layer<Services> = Layer.mergeAll(
      SimTransport.layer(net, { host, process }),
      Load.layerNoop,
      Layer.succeed(
        SecureRandom.SecureRandom,
        simSecureRandom(new Random(seed, `${stream}/secure`))
      )
    )
    const services =
      hardware === undefined ? own : Layer.merge(own, hardware.services(this.life) as never)
    const references = Context.make(
      EffectRandom.Random,
      simRandom(new Random(seed, `${stream}/random`))
    ).pipe(Context.add(Logger.CurrentLoggers, new Set([journal.logger(this.name)])))
    return process.start(
      Effect.provide(effect as Effect.Effect<A, E, Services | Scope.Scope>, services) as never,
      references
    )
  }

  private die(process: SimProcess, fault: Crash): void {
    if (!process.isAlive || this.process !== process) return
    const { host, hardware } = this.options
    host.isDark = fault.isSilent
    this.startsAgainMs = fault.downMs
    this.gone(process, "crashes")
    hardware?.onEnd?.(fault.losesDisk ? "diskLost" : fault.isSilent ? "powerLoss" : "kill")
  }

  /** Nothing of this life runs again. */
  private gone(process: SimProcess, why: string): void {
    const { net, host, journal } = this.options
    this.process = undefined
    this.fiber = undefined
    this.services = undefined
    process.end()
    net.end({ host, process })
    journal.add(this.name, why)
    const { life, startsAgainMs } = this
    if (startsAgainMs === undefined) return
    net.kernel.setTimer(net.process, startsAgainMs, () => {
      if (this.life === life) this.boot()
    })
  }
}
