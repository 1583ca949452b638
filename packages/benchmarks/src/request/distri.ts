/** A typed service, called by type. */
import * as Service from "@distri/core/service/Service"
import * as Effect from "effect/Effect"
import type { Contender } from "../Benchmark.ts"
import { withFibers } from "../closedLoop.ts"
import * as CloudOfOne from "../cloudOfOne.ts"
import { Person, person } from "./Person.ts"

class Echo extends Service.make("Echo", { payload: Person, success: Person, repeat: "pure" }) {}

export const serve = () => CloudOfOne.serve(Echo, Echo.toLayer(Effect.succeed))

export const connect: Contender["connect"] = async (port) => {
  const client = await CloudOfOne.connect(port)
  return withFibers(client.call(Echo, person))
}
