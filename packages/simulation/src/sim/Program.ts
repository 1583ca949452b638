/**
 * What is simulated: the user's nodes and clients. They are ordinary programs, and need no change if they
 * take time, randomness and I/O from Effect.
 */
import type { Load } from "@distri/core/cloud/Load"
import type { Transport } from "@distri/core/transport/Transport"
import type * as Context from "effect/Context"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Operation } from "../checker/Operation.ts"
import type { Random } from "../random/Random.ts"

/**
 * What the simulator gives to every process, beside its own `Clock`, `Random` and loggers.
 *
 * @category services
 * @since 0.1.0
 */
export type Services = Transport | Load | SecureRandom.SecureRandom

/**
 * One life of a node: its first, or the one after a crash or a restart.
 *
 * @category models
 * @since 0.1.0
 */
export interface SimNode {
  /** n1, n2, ... */
  readonly name: string
  /** Where it listens; the same in every life. */
  readonly address: string
  /** The addresses of the other nodes. */
  readonly others: ReadonlyArray<string>
  /** 1, 2, ... */
  readonly life: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface SimClient<in out Input, in out Output> {
  /** c1, c2, ... */
  readonly name: string
  /** 0, 1, ... */
  readonly number: number
  /** The addresses of the nodes. */
  readonly nodes: ReadonlyArray<string>
  /** What all clients recorded so far. */
  readonly history: () => ReadonlyArray<Operation<Input, Output>>
  /**
   * Runs an operation and records it for the checks: its call, and its answer. After a failure its outcome is
   * unknown, unless `isRefused` says that it surely did nothing and never will. One at a time.
   */
  readonly call: <A extends Output, E, R>(
    input: Input,
    operation: Effect.Effect<A, E, R>,
    isRefused?: (error: E) => boolean
  ) => Effect.Effect<A, E, R>
  /** Repeats a round until the run asks clients to end. A round without a pause in it is a program that loops. */
  readonly untilEnd: <A, E, R>(round: Effect.Effect<A, E, R>) => Effect.Effect<void, E, R>
}

/**
 * What a machine has beside a network: a disk, for example. It outlives the processes on it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Hardware<Extra> {
  /** The services for one life. */
  readonly services: (life: number) => Layer.Layer<Extra>
  /**
   * Its process has ended: by itself (`exit`), killed while the machine runs on (`kill`), with the power of
   * the machine (`powerLoss`), or with all that the machine remembered (`diskLost`).
   */
  readonly onEnd?: (how: "exit" | "kill" | "powerLoss" | "diskLost") => void
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Program<in out Input, in out Output, Extra = never> {
  /** A node: it is built, and runs until it is told to end or dies. If it fails, the run fails. */
  readonly node: (node: SimNode) => Layer.Layer<never, unknown, Services | Extra>
  /** What a client does. If it fails, the run fails: handle what may happen. */
  readonly client: (
    client: SimClient<Input, Output>
  ) => Effect.Effect<unknown, unknown, Services | Extra | Scope.Scope>
  /** One more client, at the end: all others have ended, and the nodes are well. If it fails, the run fails. */
  readonly verify?: (
    client: SimClient<Input, Output>
  ) => Effect.Effect<unknown, unknown, Services | Extra | Scope.Scope>
  /** Of the state of a node, for `stateMachinesAgree`: asked at the end, in each node, with its services. */
  readonly digest?: Effect.Effect<string, unknown, any>
  /**
   * Asked before a crash or a restart. False: it does not happen, since the program promises nothing where so
   * much is lost. `running`: by name, what the nodes have built that run now. `ended`: how many crashes and restarts
   * there were before. Default: whatever may be lost.
   */
  readonly canLose?: (
    node: string,
    running: ReadonlyMap<string, Context.Context<any>>,
    ended: number
  ) => boolean
  /**
   * Made once for each machine, of nodes and clients. `random` is its own; `ofRun` gives every machine the
   * same numbers, for what they have in common.
   */
  readonly hardware?: (name: string, random: Random, ofRun: Random) => Hardware<Extra>
}
