/**
 * Runs a cloud of real processes, does to it what may happen to a cloud, and judges what clients saw.
 *
 * Every connection goes through a relay of this process (`relay/Network.ts`). Seed and options decide
 * which faults are drawn, not what comes of them: real time is not repeatable.
 */
import { Client } from "@distri/core/client/Client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Random } from "../../../simulation/src/random/Random.ts"
import * as DistriNode from "../../src/DistriNode.ts"
import * as Cloud from "./Cloud.ts"
import { choose } from "./faults/all.ts"
import * as Tormentor from "./faults/Tormentor.ts"
import { Findings } from "./Findings.ts"
import * as Healing from "./Healing.ts"
import * as Judge from "./judge/Judge.ts"
import * as Machines from "./Machines.ts"
import * as Network from "./relay/Network.ts"
import type { Report } from "./Report.ts"
import { Vitals } from "./Vitals.ts"
import * as Auditor from "./workload/Auditor.ts"
import { Tally } from "./workload/Tally.ts"
import * as Workload from "./workload/Workload.ts"

export interface Options {
  readonly minutes: number
  readonly seed: number
  readonly nodes: number
  readonly hasDisk: boolean
  readonly clients: number
  /** Kinds of faults. None: all. */
  readonly only: ReadonlyArray<string> | undefined
  readonly keeps: boolean
  readonly say: (line: string) => void
}

/** Between two operations of a client. */
const thinkMs = 60
const progressEvery = "5 seconds"
const lookEvery = "2 seconds"
/** For a node that ended by itself. */
const restartAfter = "2 seconds"

/** A folder for the run, which is removed unless it is wanted. */
const folderOf = (keeps: () => boolean) =>
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "distri-torture-"))),
    (folder) => Effect.sync(() => keeps() || fs.rmSync(folder, { recursive: true, force: true }))
  )

export const run = Effect.fnUntraced(
  function* (options: Options) {
    const { clients, hasDisk, minutes, only, say, seed } = options
    const startMs = performance.now()
    const clock = () => `${((performance.now() - startMs) / 1000).toFixed(1).padStart(7)} s  `
    const tell = (line: string) => say(`${clock()}${line}`)
    const findings = new Findings(({ kind, what }) => tell(`BROKEN (${kind}) ${what}`))
    const tally = new Tally()
    const vitals = new Vitals()
    const keeps = () => options.keeps || findings.all.length > 0
    const folder = yield* folderOf(keeps)
    tell(`seed ${seed}, folder ${folder}`)

    const machines = yield* Machines.make({ folder, count: options.nodes, hasDisk })
    const { faults, skipped } = choose(hasDisk, machines.noVolumes, only)
    for (const [kind, reason] of skipped) tell(`skipped: ${kind}, ${reason}`)
    const { members, network, spare } = machines
    const nodes = members.filter(({ name }) => name !== spare)
    const addresses = nodes.map(({ address }) => address)
    const client = yield* Client
    for (const address of addresses) yield* client.registerNode(address)

    const scope = yield* Effect.scope
    const cloud: Cloud.Cloud = yield* Cloud.make({
      members,
      client,
      onSurprise: ({ name }, how) =>
        Effect.suspend(() => {
          if (machines.volumes.get(name)?.isFull() === true)
            tell(`${name} ended on a full disk: ${how}`)
          else findings.add("process", `${name} ended by itself: ${how}`)
          const again = Effect.andThen(Effect.sleep(restartAfter), cloud.start(name))
          return Effect.asVoid(Effect.forkIn(again, scope))
        })
    })
    yield* Effect.forEach(nodes, ({ name }) => cloud.start(name), { discard: true })
    yield* Effect.forEach(nodes, ({ name }) => cloud.ready(name), { concurrency: "unbounded" })
    tell(`${nodes.length} nodes are ready`)

    const auditor = Auditor.make({ client, findings, folder, judge: yield* Judge.make })
    const routes = network.routes(Network.clients)
    const workload = yield* Workload.start({
      client,
      auditor,
      findings,
      tally,
      seed,
      clients,
      thinkMs,
      routes,
      nodes: addresses
    })
    const tormentor = Tormentor.make({
      victim: { ...machines, cloud, hasDisk },
      random: new Random(seed, "faults"),
      faults,
      tally,
      findings,
      say: tell
    })

    const look = Effect.sync(() => {
      for (const { name } of cloud.running()) vitals.look(name, cloud.pidOf(name)!)
    })
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(lookEvery)))
    const progress = Effect.sync(() => {
      const { ok, refused, unknown } = tally.total
      const happened = [...tormentor.counts.values()].reduce((sum, count) => sum + count, 0)
      const stall = (tally.stallingMs / 1000).toFixed(1)
      tell(
        `${ok} ok, ${refused} refused, ${unknown} unknown; ${happened} faults; ` +
          `${workload.judged()} windows judged; last write ${stall} s ago`
      )
    })
    yield* Effect.forkScoped(Effect.repeat(progress, Schedule.spaced(progressEvery)))

    const torment = faults.length > 0 ? tormentor.run : Effect.never
    yield* Effect.raceFirst(torment, Effect.sleep(minutes * 60_000))
    tell("all faults are over")
    const healed = { cloud, nodes, client, findings, tell, clocks: machines.clocks }
    const healedMs = yield* Healing.heal(healed)
    const windows = yield* workload.finish
    yield* Healing.agree({ ...healed, auditor, windows })
    const ranMs = performance.now() - startMs
    for (const problem of vitals.problems(ranMs)) findings.add("bounds", problem)

    const report: Report = {
      seed,
      minutes,
      nodes: nodes.length,
      storage: hasDisk ? "disk" : "memory",
      passed: findings.all.length === 0,
      operations: Object.fromEntries(tally.byKind),
      total: tally.total,
      windows: workload.judged(),
      faults: Object.fromEntries(tormentor.counts),
      skipped: Object.fromEntries(skipped),
      stallMs: Object.fromEntries(Array.from(tally.stalls, ([kind, ms]) => [kind, Math.round(ms)])),
      healedMs: Math.round(healedMs),
      vitals: vitals.grown,
      findings: findings.all,
      ...(keeps() && { folder })
    }
    return report
  },
  Effect.scoped,
  Effect.provide(Client.layer({ seeds: [] }).pipe(Layer.provide(DistriNode.layer)))
)
