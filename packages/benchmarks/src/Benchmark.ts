/**
 * Says what is compared: a few contenders, under a few loads, by a few metrics.
 *
 * The first contender is Distri. Every ratio is "how many times better is Distri", whether more or
 * less of the metric is better.
 */

/** How hard a contender is driven, and for how long. */
export interface Load {
  readonly inFlight: number
  readonly ms: number
}

/** What a contender saw in one run. */
export interface Run {
  readonly operations: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  /** Size of one result, where contenders differ in it. */
  readonly resultBytes?: number
  /** What else was seen, by name. */
  readonly seen?: Readonly<Record<string, number>>
}

/** A run, and the processor time of both processes together, and of the programs that they started. */
export interface Measured extends Run {
  readonly cpuUs: number
}

export interface Metric {
  readonly name: string
  readonly better: "more" | "less"
  readonly of: (run: Measured) => number
}

export interface Benchmark {
  readonly name: string
  readonly title: string
  readonly metrics: ReadonlyArray<Metric>
  /** Operations in flight at once; one case each. */
  readonly inFlight: ReadonlyArray<number>
  /** What these numbers are, if not operations in flight. */
  readonly load?: string
  /** How often it is repeated. Default: what the caller says. */
  readonly rounds?: number
  /** Rounds before those. Default 1. */
  readonly warmUps?: number
  /** Contenders by name, with the module that implements `Contender`. Distri first. */
  readonly contenders: ReadonlyArray<readonly [name: string, module: URL]>
}

/** The exports of a contender's module. Each function runs in a process of its own. */
export interface Contender {
  /** Serves until the process ends; resolves with its port. Absent: there is nothing to serve. */
  readonly serve?: () => Promise<number>
  /** Connects, and resolves with what carries out one run. */
  readonly connect: (port: number) => Promise<(load: Load) => Promise<Run>>
}

export const rate = ({ operations, seconds }: Measured): number => operations / seconds
export const cpuPerOperationUs = ({ cpuUs, operations }: Measured): number => cpuUs / operations
