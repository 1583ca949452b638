/** What the clients of one run do, and how much of it: drawn, so that runs differ in kind. */
import { Random } from "../../src/random/Random.ts"

export interface Profile {
  readonly clients: number
  /** Of each kind: few documents are contended, many are not. */
  readonly documents: number
  readonly kinds: ReadonlyArray<"register" | "counter" | "tokens" | "versions">
  readonly thinkMs: number
  readonly timeoutMs: number
  /** Clients that watch as well. */
  readonly watchers: number
}

export const drawProfile = (seed: number): Profile => {
  const random = new Random(seed, "workload")
  const clients = 2 + random.below(4)
  return {
    clients,
    documents: 1 + random.below(5),
    kinds: random.some(["register", "counter", "tokens", "versions"], 1 + random.below(4)),
    thinkMs: random.pick([100, 300, 1_000]),
    timeoutMs: random.pick([2_000, 5_000, 10_000]),
    watchers: random.pick([0, 1, clients])
  }
}
