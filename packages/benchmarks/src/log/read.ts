/** Reads by id through the typed client, from three nodes in memory; the address says how new they are. */
import type { Consistency } from "@distri/core/database/Documents"
import * as Effect from "effect/Effect"
import type { Contender } from "../Benchmark.ts"
import { withFibers } from "../closedLoop.ts"
import { idOf, people, pick } from "../database/documents.ts"
import { People } from "../database/People.ts"
import * as Cloud from "./Cloud.ts"

const consistency = new URL(import.meta.url).searchParams.get("consistency") as Consistency

/** Enough to be more than a cache of the processor holds. */
const size = 10_000

export { serve } from "./distri.ts"

export const connect: Contender["connect"] = async (port) => {
  const client = await Cloud.connect([Cloud.addressOf(port)])
  const collection = client.collection(People)
  await Effect.runPromise(Effect.andThen(collection.create, collection.addAll(people(size))))
  return withFibers(Effect.suspend(() => collection.get(idOf(pick(size)), { consistency })))
}
