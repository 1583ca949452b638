/**
 * Runs ordinary Effect programs under virtual time, in one synchronous loop: all tasks that are ready, then
 * what is due next, and again. No turn of the event loop happens meanwhile, so what a run does depends on its
 * seeds alone (SIM1).
 *
 * Of several ready tasks a seeded choice runs next, since order between fibers is no promise of the program.
 *
 * **Gotchas**
 *
 * A task may ask for a drain inside of a task (`flush`): the place in the list of ready tasks is a field, so
 * that a nested drain goes on and repeats nothing.
 */
import type * as Fiber from "effect/Fiber"
import type { Random } from "../random/Random.ts"
import type { Budget } from "./Budget.ts"
import { EventHash } from "./EventHash.ts"
import { fiberName } from "./fiberName.ts"
import type { SimProcess } from "./SimProcess.ts"
import { type Timer, TimerHeap } from "./TimerHeap.ts"

interface Task {
  readonly owner: SimProcess
  readonly run: () => void
  /** It was due, and may be cancelled by what runs before it. */
  readonly timer?: Timer
}

/** Why a run stopped before its time. */
export interface Stop {
  readonly rule: "BudgetExceeded" | "Livelock" | "Thrown"
  readonly detail: string
}

interface Options {
  /** Chooses among ready tasks. Without it they run first in, first out. */
  readonly interleaving: Random | undefined
  readonly budget: Budget
  /** Real milliseconds, for the budget. */
  readonly realNowMs: () => number
}

/** After so many events the budget looks at real time: to ask for it costs more than an event. */
const lookEvery = 4_096

const keptStrays = 20

export class SimKernel {
  nowMs = 0
  events = 0
  stopped: Stop | undefined = undefined
  readonly hash = new EventHash()
  private readonly options: Options
  private readonly startedMs: number
  private readonly timers = new TimerHeap()
  private readonly strayNames = new Set<string>()
  private ready: Array<Task> = []
  private head = 0
  private eventsBefore = 0
  private isInside = false
  private fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined

  constructor(options: Options) {
    this.options = options
    this.startedMs = options.realNowMs()
  }

  /** Operations that something outside of the simulation ran: a promise, a real timer, real I/O (SIM2). */
  get strays(): ReadonlyArray<string> {
    return [...this.strayNames]
  }

  /** All that touches fibers of the simulation happens in here. */
  enter<A>(body: () => A): A {
    const outer = this.isInside
    this.isInside = true
    try {
      return body()
    } finally {
      this.isInside = outer
    }
  }

  /** Called before every operation of every fiber, which makes it the place to notice a stray one. */
  shouldYield(fiber: Fiber.Fiber<unknown, unknown>, process: SimProcess): boolean {
    if (!this.isInside) this.addStray(`${fiberName(fiber)} of ${process.name}`)
    this.fiber = fiber
    return fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield
  }

  schedule(owner: SimProcess, run: () => void): void {
    if (!this.isInside) this.addStray(`a task of ${owner.name}`)
    this.ready.push({ owner, run })
  }

  setTimer(owner: SimProcess, delayMs: number, fire: () => void): Timer {
    // In whole microseconds, so that times that are meant to be equal are.
    const atMs = Math.round((this.nowMs + delayMs) * 1_000) / 1_000
    return this.timers.set(Math.max(this.nowMs, atMs), owner, fire)
  }

  cancel(timer: Timer): void {
    timer.isCancelled = true
    this.timers.remove(timer)
  }

  /** Whether anything is set to happen to this process. */
  awaits(process: SimProcess): boolean {
    return this.timers.has(process)
  }

  /** Runs until nothing is ready. */
  drain(): void {
    this.enter(() => {
      while (this.head < this.ready.length && this.stopped === undefined) this.runNext()
      if (this.head < this.ready.length) return
      this.ready.length = 0
      this.head = 0
    })
  }

  /** Lets time pass, unless the run is stopped or `isOver` says that it was enough. */
  runUntil(timeMs: number, isOver: () => boolean = () => false): void {
    this.drain()
    while (this.timers.nextMs <= timeMs && this.stopped === undefined && !isOver()) {
      if (this.timers.nextMs > this.nowMs) this.eventsBefore = this.events
      this.nowMs = this.timers.nextMs
      this.hash.mix(Math.round(this.nowMs * 1_000))
      this.makeReady()
      this.drain()
    }
    if (this.stopped === undefined && !isOver()) this.nowMs = Math.max(this.nowMs, timeMs)
  }

  /** The first reason counts. */
  stop(rule: Stop["rule"], detail: string): void {
    this.stopped ??= { rule, detail }
  }

  /** All that is due at this instant: no order of timers is a promise either. */
  private makeReady(): void {
    while (this.timers.nextMs <= this.nowMs) {
      const timer = this.timers.take()
      this.ready.push({ owner: timer.owner, run: timer.fire, timer })
    }
  }

  private runNext(): void {
    const { interleaving } = this.options
    const waiting = this.ready.length - this.head
    if (interleaving !== undefined && waiting > 1) {
      const chosen = this.head + interleaving.below(waiting)
      const other = this.ready[this.head]!
      this.ready[this.head] = this.ready[chosen]!
      this.ready[chosen] = other
    }
    const { owner, run, timer } = this.ready[this.head++]!
    if (this.head >= 1_024) {
      this.ready = this.ready.slice(this.head)
      this.head = 0
    }
    if (timer?.isCancelled === true) return
    this.count(owner)
    this.run(owner, run)
  }

  /** Fibers keep what their program throws; anything that comes here is a mistake of somebody's callback. */
  private run(owner: SimProcess, what: () => void): void {
    try {
      owner.deliver(what)
    } catch (cause) {
      const trace = cause instanceof Error ? cause.stack : String(cause)
      this.stop("Thrown", `a task of ${owner.name} threw: ${trace}`)
    }
  }

  private count(owner: SimProcess): void {
    this.events++
    this.hash.mix(owner.number)
    const { budget } = this.options
    if (this.events - this.eventsBefore > budget.instantMax) {
      const name = this.fiber === undefined ? "nobody" : fiberName(this.fiber)
      this.stop(
        "Livelock",
        `${budget.instantMax} tasks at ${this.nowMs} ms, the last of ${name} of ${owner.name}`
      )
    }
    if (this.events > budget.eventsMax) this.exceed(`${budget.eventsMax} events`)
    const isLooking = this.events % lookEvery === 0
    if (isLooking && this.options.realNowMs() - this.startedMs > budget.realMs)
      this.exceed(`${budget.realMs} ms of real time`)
  }

  private exceed(limit: string): void {
    this.stop(
      "BudgetExceeded",
      `the run takes more than ${limit}; it came to ${Math.round(this.nowMs)} simulated ms in ${this.events} events`
    )
  }

  private addStray(name: string): void {
    if (this.strayNames.size < keptStrays) this.strayNames.add(name)
  }
}
