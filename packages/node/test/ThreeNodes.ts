/** A cloud of three node processes with data on this machine's disk, and clients that write to it. */
import { Client } from "@distri/core/client/Client"
import { GetDocument } from "@distri/core/service/DatabaseServices"
import type { Address } from "@distri/core/transport/Address"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as DistriNode from "../src/DistriNode.ts"
import * as Cloud from "./torture/Cloud.ts"
import * as FreePorts from "./torture/FreePorts.ts"
import { Tokens } from "./torture/workload/collections.ts"

const names = ["n1", "n2", "n3"] as const

export class ThreeNodes extends Context.Service<
  ThreeNodes,
  {
    readonly cloud: Cloud.Cloud
    readonly client: Client["Service"]
    /** What ended without being told to. */
    readonly surprises: ReadonlyArray<string>
  }
>()("@distri/node/test/ThreeNodes") {
  static readonly layer = Layer.effect(
    ThreeNodes,
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "distri-"))),
        (made) => Effect.sync(() => fs.rmSync(made, { recursive: true }))
      )
      const addresses = yield* FreePorts.find(names.length)
      const client = yield* Client
      for (const address of addresses) yield* client.registerNode(address)
      const surprises: Array<string> = []
      const cloud = yield* Cloud.make({
        client,
        members: names.map((name, at) => ({
          name,
          address: addresses[at]!,
          place: {
            address: addresses[at]!,
            seeds: addresses.filter((address) => address !== addresses[at]),
            data: path.join(folder, name)
          }
        })),
        onSurprise: ({ name }, how) => Effect.sync(() => void surprises.push(`${name}: ${how}`))
      })
      yield* startAll(cloud)
      yield* Effect.orDie(Effect.retry(client.collection(Tokens).create, { times: 10 }))
      return ThreeNodes.of({ cloud, client, surprises })
    })
  ).pipe(Layer.provide(Client.layer({ seeds: [] })), Layer.provide(DistriNode.layer))
}

/** Ends when all are ready. */
export const startAll = (cloud: Cloud.Cloud): Effect.Effect<void> =>
  Effect.forEach(names, (name) => Effect.andThen(cloud.start(name), cloud.ready(name)), {
    concurrency: "unbounded",
    discard: true
  })

export const until = <E>(holds: Effect.Effect<boolean, E>): Effect.Effect<void, E> =>
  Effect.asVoid(Effect.repeat(Effect.delay(holds, "20 millis"), { until: (held) => held }))

/** Where the leader is. Waits for one. */
export const leaderOf = (cloud: Cloud.Cloud): Effect.Effect<Cloud.Member> =>
  Effect.gen(function* () {
    const name = yield* cloud.leader
    return yield* Effect.fromNullishOr(cloud.members.find((member) => member.name === name))
  }).pipe(Effect.retry({ while: () => true }), Effect.orDie)

export interface Writers {
  readonly acknowledged: ReadonlySet<string>
  readonly failures: ReadonlyArray<string>
  /** Ends when so many more are acknowledged. */
  readonly more: (count: number) => Effect.Effect<void>
  /** Ends when each knows what became of its last write. */
  readonly stop: Effect.Effect<void>
}

const writersMax = 4

/**
 * Starts clients that add one token after the other to the document `id`. `insist`: a token is sent
 * again, under its key, until it is acknowledged.
 */
export const startWriting = Effect.fnUntraced(function* (
  { client }: ThreeNodes["Service"],
  id: string,
  insist: boolean
) {
  const acknowledged = new Set<string>()
  const failures: Array<string> = []
  let isOver = false
  const write = (name: string, number: number) => {
    const token = `${name}-${number}`
    const changes = { inc: { [`times.${token}`]: 1 } as never }
    const sent = client.collection(Tokens).update(id, changes, {
      upsert: true,
      // A busy machine may be slow, and that is no failure.
      ...(insist
        ? { idempotencyKey: `${id}-${token}`, timeout: "2 seconds" }
        : { timeout: "60 seconds" })
    })
    return (insist ? Effect.retry(sent, { while: () => true }) : sent).pipe(
      Effect.match({
        onSuccess: () => void acknowledged.add(token),
        onFailure: (error) => void failures.push(`${error._tag}: ${error.message}`)
      }),
      Effect.andThen(Effect.sleep("5 millis"))
    )
  }
  const writers = yield* Effect.forEach(Array.from({ length: writersMax }).keys(), (writer) => {
    let number = 0
    return Effect.forkScoped(
      Effect.repeat(
        Effect.suspend(() => write(`w${writer}`, number++)),
        { while: () => !isOver }
      )
    )
  })
  const started: Writers = {
    acknowledged,
    failures,
    more: (count) =>
      Effect.suspend(() => {
        const wanted = acknowledged.size + count
        return until(Effect.sync(() => acknowledged.size >= wanted))
      }),
    stop: Effect.suspend(() => {
      isOver = true
      return Fiber.joinAll(writers)
    }).pipe(Effect.asVoid)
  }
  return started
})

/** How often each token was added, as `node` says, and no answer is older than the question. */
export const tokensAt = ({ client }: ThreeNodes["Service"], id: string, node: Address) =>
  Effect.map(
    client.call(
      GetDocument,
      { collection: Tokens.collection, id },
      { node, timeout: "30 seconds" }
    ),
    ({ found }) => (found?.document["times"] ?? {}) as Readonly<Record<string, number>>
  )
