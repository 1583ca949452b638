/**
 * Reads say which version they saw, so each kind of read is held to what it promises: `linearizable` sees what
 * anyone was told before it began, `session` what its own client was told, `bounded` what anyone was told more
 * than `maxLag` before.
 */
import type { Check } from "../../src/sim/Check.ts"

export type Consistency = "linearizable" | "session" | "bounded" | "local"

/** Times are simulated milliseconds. */
export interface Ask {
  readonly on: "versions"
  readonly kind: "write" | Consistency
  readonly atMs: number
  readonly maxLagMs: number
}

export interface Told {
  readonly version: number
  readonly atMs: number
}

interface Answered {
  readonly client: string
  readonly input: Ask
  readonly called: number
  readonly returned: number
  readonly told: Told
}

/** Whether the asker of `later` may rely on what `earlier` was told. */
const isPromised = (later: Answered, earlier: Answered): boolean => {
  const { atMs, kind, maxLagMs } = later.input
  if (earlier.returned > later.called) return false
  if (kind === "session") return earlier.client === later.client
  if (kind === "bounded") return earlier.told.atMs < atMs - maxLagMs
  return kind !== "local"
}

export const versionsAreFresh: Check<{ readonly on: string }, unknown> = {
  rule: "Fresh",
  problem: ({ history }) => {
    const answered = history().flatMap(({ input, outcome, ...call }): ReadonlyArray<Answered> =>
      input.on === "versions" && outcome !== undefined
        ? [{ ...call, input: input as Ask, told: outcome.value as Told }]
        : []
    )
    for (const later of answered) {
      for (const earlier of answered) {
        if (!isPromised(later, earlier) || later.told.version >= earlier.told.version) continue
        return `${describe(later)}, after ${describe(earlier)}`
      }
    }
    return undefined
  }
}

const describe = ({ client, input, told }: Answered): string =>
  `${client} asks at ${Math.round(input.atMs)} ms (${input.kind}) and is told version ${told.version} at ${Math.round(told.atMs)} ms`
