/** The simulation of a whole cloud: CloudNodes, and clients that judge them. */
import { Client } from "@distri/core/client/Client"
import { CloudNode } from "@distri/core/cloud/CloudNode"
import type { Disk } from "@distri/core/log/storage/Disk"
import type { RaftConfig } from "@distri/raft/RaftConfig"
import { type Breaks, CurrentBreaks } from "@distri/core/log/raft/Breaks"
import { Database } from "@distri/core/database/Database"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcGroup from "effect/rpc/RpcGroup"
import type { Fault } from "../../src/sim/Fault.ts"
import type { FaultPlan } from "../../src/sim/FaultPlan.ts"
import * as Sim from "../../src/sim/Sim.ts"
import { type Input, model, type Output } from "./model.ts"
import { drawProfile, type Profile } from "./profile.ts"
import { versionsAreFresh } from "./versions.ts"
import { watchDuring } from "./watcher.ts"
import { type CloudClient, createAll, makeRound } from "./workload.ts"

export interface CloudRun {
  readonly seed: number
  readonly interleave?: number
  readonly nodes: number
  readonly seconds: number
  /** Default: as many as the seed draws. */
  readonly clients?: number
  readonly rounds?: number
  /** Nodes keep their log on a disk. Default: in memory. */
  readonly hasDisk?: boolean
  /** Rules that the nodes break, to see whether that is found. */
  readonly breaks?: CloudBreaks
  readonly faults: FaultPlan | ReadonlyArray<Fault>
}

/** By the names that `--kinds` takes. */
export const faultKinds = {
  partitions: { partitions: true },
  slowness: { slowness: true },
  resets: { resets: true },
  crashes: { crashes: true },
  blackouts: { blackouts: true },
  lostDisks: { lostDisks: true },
  restarts: { restarts: true },
  pauses: { pauses: true },
  clocks: { clocks: true },
  /** Also while the cloud is founded. */
  early: { fromMs: 0 }
} as const satisfies Record<string, FaultPlan>

export const isFaultKind = (name: string): name is keyof typeof faultKinds =>
  Object.hasOwn(faultKinds, name)

type RaftBreaks = NonNullable<RaftConfig["breaks"]>

/** Rules that nodes may break on purpose: of what is around the consensus core, and of the core. */
export type CloudBreaks = Breaks & RaftBreaks

const raftBreaks: Record<keyof RaftBreaks, true> = {
  commitEarlierTerms: true,
  voteTwice: true,
  answerAppendEarly: true,
  answerVoteEarly: true,
  askVoteEarly: true,
  readWithoutRound: true,
  readBeforeOwnCommit: true,
  acceptStaleAppend: true,
  countLearners: true,
  changeWhilePending: true,
  campaignUnapplied: true,
  dropCommitFromBatch: true,
  staleStorageAnswer: true,
  voteForStaleLog: true,
  truncateOnEveryAppend: true
}

const logBreaks: Record<keyof Breaks, true> = {
  acknowledgeBeforeSync: true,
  skipSessions: true,
  readLocally: true,
  joinRunningRound: true
}

export const breakNames: ReadonlyArray<string> = [
  ...Object.keys(logBreaks),
  ...Object.keys(raftBreaks)
]

const defaultKinds = "partitions,slowness,resets,crashes,restarts,pauses,clocks"

/** What is only in memory promises nothing where the power fails for all. */
export const defaultKindsOf = (hasDisk: boolean): string =>
  hasDisk ? `${defaultKinds},blackouts` : defaultKinds

/** By then a cloud is founded, where nothing goes wrong. */
export const foundedMs = 6_000

class Services extends RpcGroup.make() {}

/** A simulated disk keeps every byte in memory; and so a run has more than one of them. */
const segmentBytes = 256 * 1024

const node =
  (hasDisk: boolean, breaks: CloudBreaks) =>
  ({ address, others }: Sim.Node) =>
    CloudNode.layer(Services, {
      listen: address,
      seeds: others,
      log: { raft: { breaks }, ...(hasDisk && { segmentBytes }) },
      ...(hasDisk && { data: "cloud" })
    }).pipe(Layer.provide(Layer.succeed(CurrentBreaks, breaks)))

const program = (profile: Profile) => (client: CloudClient) =>
  Effect.gen(function* () {
    yield* createAll
    const rounds = client.untilEnd(yield* makeRound(client, profile))
    yield* client.number < profile.watchers ? watchDuring(rounds) : rounds
  }).pipe(Effect.provide(Client.layer({ seeds: client.nodes })))

/** The cloud is well: writes are taken and found. */
const verify = (client: CloudClient) =>
  Effect.gen(function* () {
    const { documents } = yield* Client
    yield* documents.execute({ _tag: "CreateCollection", collection: "verified" } as never)
    yield* documents.execute({
      _tag: "AddDocument",
      collection: "verified",
      document: { _id: "x" }
    })
    const found = yield* documents.get("verified", "x")
    if (found._tag === "None") yield* Effect.die("a document that was added is not there")
  }).pipe(Effect.provide(Client.layer({ seeds: client.nodes })))

const digest = Effect.gen(function* () {
  const { digest: of, version } = yield* (yield* Database).digest
  return `${of} at ${version}`
})

/**
 * A node that ends is a voter that is gone, in memory and where a disk may go with it, so the others have to be
 * there: as far as the leader hears them, and as far as they have come back from the last time.
 */
const canLose: NonNullable<Sim.Options<Input, Output>["canLose"]> = (_node, running) => {
  const standings = Array.from(running.values(), (services) =>
    Effect.runSync(Context.get(services, CloudNode).stats)
  )
  const leader = standings.find(({ role }) => role === "leader")
  const present = new Set(standings.map(({ address }) => address))
  return (
    leader !== undefined &&
    leader.survives > 0 &&
    leader.voters.every((voter) => present.has(voter))
  )
}

/** In memory the first one may go at any moment, also while the cloud is founded. */
const canLoseInMemory: typeof canLose = (node, running, ended) =>
  ended === 0 || canLose(node, running, ended)

const losesDisks = (faults: CloudRun["faults"]): boolean =>
  "lostDisks" in faults
    ? faults.lostDisks === true
    : Array.isArray(faults) && faults.some((fault) => fault.kind === "crash" && fault.losesDisk)

export const cloudOptions = (run: CloudRun): Sim.Options<Input, Output, Disk> => {
  const profile = drawProfile(run.seed)
  const { seconds, hasDisk = false, breaks = {}, clients = profile.clients, ...rest } = run
  return {
    ...rest,
    clients,
    duration: seconds * 1_000,
    node: node(hasDisk, breaks),
    ...(hasDisk ? { hardware: Sim.disks } : { canLose: canLoseInMemory }),
    ...(hasDisk && losesDisks(run.faults) && { canLose }),
    client: program(profile),
    verify,
    digest,
    // The machine that searches may be busy with other things.
    budget: { realMs: 600_000 },
    check: [
      Sim.noStalls,
      Sim.noErrors,
      Sim.linearizable(model),
      versionsAreFresh,
      Sim.stateMachinesAgree
    ]
  }
}
