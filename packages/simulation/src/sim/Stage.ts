/** All that a run has: kernel, network, machines, and who takes notes. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { defaultBudget } from "../kernel/Budget.ts"
import { SimKernel } from "../kernel/SimKernel.ts"
import { drawNetProfile } from "../net/NetProfile.ts"
import { SimNet } from "../net/SimNet.ts"
import { Random } from "../random/Random.ts"
import { Journal } from "./Journal.ts"
import { Machine } from "./Machine.ts"
import { type AnyOptions, numbered } from "./Options.ts"
import { Recorder } from "./Recorder.ts"
import type { Broken } from "./Report.ts"

const port = 7400

/** 127.0.0.1 is n1; clients live in a subnet of their own. */
const ipOf = (name: string): string =>
  `127.0.${name.startsWith("n") ? 0 : 1}.${Number(name.slice(1))}`

const addressOf = (name: string): string => `${ipOf(name)}:${port}`

/** That of the machine, whatever clock the test stands under that asks for a run. */
const realClock = Clock.Clock.defaultValue()

export class Stage {
  readonly kernel: SimKernel
  readonly net: SimNet
  readonly journal: Journal
  readonly recorder: Recorder<any, any>
  readonly nodes: ReadonlyArray<Machine>
  readonly clients: ReadonlyArray<Machine>
  readonly broken: Array<Broken> = []
  private readonly options: AnyOptions
  private readonly addresses: ReadonlyArray<string>

  constructor(options: AnyOptions) {
    const { seed, interleave = seed, rounds = Infinity } = options
    this.options = options
    this.kernel = new SimKernel({
      interleaving: new Random(interleave, "interleave"),
      budget: { ...defaultBudget, ...options.budget },
      realNowMs: realClock.currentTimeMillisUnsafe
    })
    const profile = drawNetProfile(new Random(seed, "network"))
    this.net = new SimNet(this.kernel, seed, { ...profile, ...options.network })
    this.journal = new Journal(this.kernel)
    this.recorder = new Recorder(this.kernel, this.journal, rounds)
    this.addresses = numbered("n", options.nodes).map(addressOf)
    this.nodes = numbered("n", options.nodes).map((name) => this.makeNode(name))
    this.clients = numbered("c", options.clients).map((name, number) =>
      this.makeClient(name, number, options.client)
    )
  }

  get isOver(): boolean {
    return this.broken.length > 0 || this.kernel.stopped !== undefined
  }

  breakRule(rule: string, detail: string): void {
    this.broken.push({ rule, detail, atMs: Math.round(this.kernel.nowMs) })
  }

  /** Lets so much time pass, or less if that is enough or the run is over. */
  advance(ms: number, isEnough: () => boolean = () => false): void {
    const { kernel } = this
    kernel.runUntil(kernel.nowMs + ms, () => this.isOver || isEnough())
  }

  /** `rule`: what is broken when it fails. */
  makeClient(
    name: string,
    number: number,
    program: AnyOptions["client"],
    rule = "ClientFailed"
  ): Machine {
    return this.makeMachine(name, this.options.nodes + number, {
      program: () =>
        Effect.suspend(() => program(this.recorder.client(name, number, this.addresses))),
      onExit: (_, exit) => {
        if (Exit.isFailure(exit)) this.breakRule(rule, `${name} failed: ${text(exit)}`)
      }
    })
  }

  private makeNode(name: string): Machine {
    const { node } = this.options
    const address = addressOf(name)
    return this.makeMachine(name, this.addresses.indexOf(address), {
      program: (machine) =>
        Effect.suspend(() => {
          const others = this.addresses.filter((other) => other !== address)
          const { life } = machine
          return Layer.build(node({ name, address, others, life }) as Layer.Layer<unknown, unknown>)
        }).pipe(
          Effect.tap((services) =>
            Effect.sync(() => {
              machine.services = services
              this.journal.add(name, "is built")
            })
          ),
          Effect.andThen(Effect.never)
        ),
      onExit: (_, exit) => this.breakRule("NodeEnded", `${name} ended: ${text(exit)}`)
    })
  }

  private makeMachine(
    name: string,
    number: number,
    parts: Pick<ConstructorParameters<typeof Machine>[0], "program" | "onExit">
  ): Machine {
    const { net, journal } = this
    const { seed, hardware } = this.options
    return new Machine({
      seed,
      net,
      journal,
      host: net.addHost(name, ipOf(name)),
      number: number + 1,
      hardware: hardware?.(
        name,
        new Random(seed, `${name}/hardware`),
        new Random(seed, "hardware")
      ),
      ...parts
    })
  }
}

const text = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "by itself" : Cause.pretty(exit.cause)
