/** Draws faults and lets them happen, one after the other or some at once, until it is interrupted. */
import * as Effect from "effect/Effect"
import type { Random } from "../../../../simulation/src/random/Random.ts"
import type { Findings } from "../Findings.ts"
import type { Tally } from "../workload/Tally.ts"
import type { Drawn, Fault, Victim } from "./Fault.ts"

export interface Options {
  readonly victim: Victim
  readonly random: Random
  readonly faults: ReadonlyArray<Fault>
  readonly tally: Tally
  readonly findings: Findings
  readonly say: (line: string) => void
}

export interface Tormentor {
  /** Never ends by itself. What goes on when it is interrupted ends too. */
  readonly run: Effect.Effect<never>
  /** How often each kind happened. */
  readonly counts: ReadonlyMap<string, number>
}

/** So many faults at once, where a cloud may lose more than one node. */
const overlapMax = 3

/** As long as the start of a few nodes takes on a busy machine, and the copy of their data. */
const wholeMax = "120 seconds"

export const make = (options: Options): Tormentor => {
  const { faults, findings, random, say, tally, victim } = options
  const counts = new Map<string, number>()
  const busy = new Set<string>()
  let active = 0

  const happen = (kind: string, { nodes, run, what }: Drawn) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        say(`fault: ${what}`)
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
        for (const node of nodes) busy.add(node)
        active += 1
        return tally.suffer(kind)
      }),
      () => Effect.scoped(run),
      (recovered) =>
        Effect.sync(() => {
          say(`  over: ${what}`)
          for (const node of nodes) busy.delete(node)
          active -= 1
          recovered()
        })
    )

  const free = () => {
    const names = victim.cloud.running().map(({ name }) => name)
    return names.filter((name) => !busy.has(name))
  }

  const whole = until(
    Effect.suspend(() => (active > 0 ? Effect.succeed(false) : victim.cloud.isWhole))
  ).pipe(
    Effect.as(true),
    Effect.timeoutOrElse({
      duration: wholeMax,
      orElse: () =>
        Effect.sync(() => {
          findings.add("heal", `the cloud was not whole again within ${wholeMax}`)
          return false
        })
    })
  )

  const one = Effect.fnUntraced(function* () {
    const fault = pick(faults, random)
    if (fault.isAlone && !(yield* whole)) return
    const isMany = victim.hasDisk ? overlapMax : 1
    yield* until(Effect.sync(() => active < isMany))
    const nodes = free()
    if (nodes.length === 0) return
    const drawn = yield* fault.draw(victim, random, nodes)
    if (drawn === undefined) return
    if (!fault.isAlone) return yield* Effect.forkScoped(happen(fault.kind, drawn))
    yield* happen(fault.kind, drawn)
    yield* whole
  })

  const run = Effect.suspend(() => Effect.sleep(random.between(0, 4000))).pipe(
    Effect.andThen(Effect.suspend(one)),
    Effect.forever,
    Effect.scoped
  )
  return { run, counts }
}

const until = (condition: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.delay(condition, "200 millis"), { until: (holds) => holds })

const pick = (faults: ReadonlyArray<Fault>, random: Random): Fault => {
  const total = faults.reduce((sum, { weight }) => sum + weight, 0)
  let at = random.next() * total
  return faults.find(({ weight }) => (at -= weight) < 0) ?? faults[0]!
}
