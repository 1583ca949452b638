/** Many writers in one client, whose writes travel together: each knows what became of its own. */
import { Client } from "@distri/core/client/Client"
import type { LogIndex } from "@distri/core/log/ReplicatedLog"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { CloudClient } from "./workload.ts"
import { isExpected, isRefused } from "./outcomes.ts"

/** How often a writer has counted up, as far as it knows. */
interface Count {
  readonly name: string
  done: number
  unknown: number
  /** Which its last write came to, if it knows: nobody else writes there. */
  rev: LogIndex | undefined
}

type Errors = { readonly _tag: string; readonly idempotencyKey?: string; readonly id?: string }

const collection = "crowd"

/** The writers of one run: what its clients do, and what has to be there in the end. */
export const makeCrowd = (writers: number) => {
  const counts: Array<Count> = []

  const countUp = Effect.fnUntraced(function* (count: Count) {
    const { documents } = yield* Client
    const operation = {
      _tag: "UpdateDocument",
      collection,
      id: count.name,
      inc: { n: 1 },
      upsert: true,
      ...(count.rev !== undefined && { ifRev: count.rev })
    } as const
    const send = (options: { readonly idempotencyKey?: string }) =>
      documents.execute(operation, { timeout: 3_000, ...options })
    count.unknown += 1
    // Who hears that nobody knows asks under the key it was told, until it knows.
    const again = (error: Errors) => {
      const key = error.idempotencyKey ?? error.id
      return key === undefined || isRefused(error)
        ? Effect.fail(error)
        : send({ idempotencyKey: key }).pipe(
            Effect.retry({ times: 20, while: isExpected, schedule: Schedule.spaced(500) }),
            Effect.mapError((last) => (isExpected(last) ? error : last))
          )
    }
    const result = yield* send({}).pipe(Effect.catchIf(isExpected, again), Effect.result)
    if (result._tag === "Success") {
      count.rev = result.success.version
      count.done += 1
    } else if (!isExpected(result.failure)) yield* Effect.die(result.failure)
    else if (!isRefused(result.failure)) return void (count.rev = undefined)
    count.unknown -= 1
  })

  const writer = (client: CloudClient) => (at: number) =>
    Effect.suspend(() => {
      const count: Count = { name: `${client.name}/${at}`, done: 0, unknown: 0, rev: undefined }
      counts.push(count)
      // Those that were answered together often begin together again.
      const pause = Effect.flatMap(Random.next, (drawn) => Effect.sleep(drawn < 0.5 ? 50 : 100))
      return client.untilEnd(Effect.andThen(countUp(count), pause))
    })

  const program = (client: CloudClient) =>
    Effect.gen(function* () {
      const { documents } = yield* Client
      yield* Effect.retry(documents.execute({ _tag: "CreateCollection", collection }), {
        while: isExpected
      }).pipe(Effect.ignore)
      yield* Effect.forEach(Array.from({ length: writers }).keys(), writer(client), {
        concurrency: "unbounded",
        discard: true
      })
    }).pipe(Effect.provide(Client.layer({ seeds: client.nodes })))

  const verify = (client: CloudClient) =>
    Effect.gen(function* () {
      const { documents } = yield* Client
      for (const { done, name, unknown } of counts) {
        const found = yield* documents.get(collection, name)
        const counted = found._tag === "Some" ? Number(found.value.document["n"]) : 0
        if (counted < done || counted > done + unknown)
          yield* Effect.die(`${name} counted to ${counted}: ${done}, and ${unknown} in doubt`)
      }
    }).pipe(Effect.provide(Client.layer({ seeds: client.nodes })))

  return { counts, program, verify }
}
