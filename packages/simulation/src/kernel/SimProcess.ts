/**
 * One life of a simulated process: its own Scheduler and Clock, so that it can stop alone. Processes share
 * nothing but the simulated network and disks.
 *
 * ```
 *   running <--> paused
 *      |            |
 *      +-- ended <--+      crash, or exit
 * ```
 *
 * **Gotchas**
 *
 * A crash is not an interrupt: no finalizer runs, nothing is flushed, no goodbye is sent (SIM3). The fiber
 * that is running goes on until it suspends, so whatever it reaches then asks `isAlive`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import { simClock } from "./simClock.ts"
import type { SimKernel } from "./SimKernel.ts"

export class SimProcess {
  readonly kernel: SimKernel
  readonly name: string
  /** Tells processes apart in the hash of a run. */
  readonly number: number
  /** How far the wall clock of the machine is from true time. */
  wallOffsetMs = 0
  readonly clock: Clock.Clock
  private readonly scheduler: Scheduler.Scheduler
  private state: "running" | "paused" | "ended" = "running"
  private held: Array<() => void> = []
  private fuse = Infinity
  private onFuse: () => void = () => {}

  constructor(kernel: SimKernel, name: string, number: number) {
    this.kernel = kernel
    this.name = name
    this.number = number
    this.clock = simClock(this)
    const dispatcher: Scheduler.SchedulerDispatcher = {
      // Without the priority: that one task comes before another is no promise of the program.
      scheduleTask: (run) => kernel.schedule(this, run),
      flush: () => kernel.drain()
    }
    this.scheduler = {
      executionMode: "sync",
      shouldYield: (fiber) => kernel.shouldYield(fiber, this),
      makeDispatcher: () => dispatcher
    }
  }

  get isAlive(): boolean {
    return this.state !== "ended"
  }

  /** Runs a program in this process. */
  start<A, E, R>(program: Effect.Effect<A, E, R>, services: Context.Context<R>): Fiber.Fiber<A, E> {
    const context = Context.add(services, Clock.Clock, this.clock)
    return this.kernel.enter(() =>
      Effect.runForkWith(context)(program, { scheduler: this.scheduler })
    )
  }

  /** Every wake-up of this process comes through here. */
  deliver(run: () => void): void {
    if (this.state === "running") {
      run()
      if (--this.fuse <= 0) this.blow()
    } else if (this.state === "paused") this.held.push(run)
  }

  /** Nothing of this process runs again, and no finalizer does. */
  end(): void {
    if (this.state === "ended") return
    this.state = "ended"
    this.held = []
    this.fuse = Infinity
  }

  /** Calls `then` between two tasks, after so many more of them: in the midst of whatever it does. */
  after(tasks: number, then: () => void): void {
    this.fuse = tasks
    this.onFuse = then
  }

  /** Stands still while time goes on for all others. */
  pause(): void {
    if (this.state === "running") this.state = "paused"
  }

  resume(): void {
    if (this.state !== "paused") return
    this.state = "running"
    const held = this.held
    this.held = []
    this.kernel.enter(() => {
      for (const run of held) this.kernel.schedule(this, run)
    })
  }

  private blow(): void {
    this.fuse = Infinity
    this.onFuse()
  }
}
