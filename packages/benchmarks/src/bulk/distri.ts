/** A service of bytes, called by name. */
import * as Service from "@distri/core/service/Service"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Contender } from "../Benchmark.ts"
import { withFibers } from "../closedLoop.ts"
import * as CloudOfOne from "../cloudOfOne.ts"
import { bodyBytes } from "./bulk.ts"

class Echo extends Service.make("Echo", {
  payload: Schema.Uint8Array,
  success: Schema.Uint8Array,
  repeat: "pure"
}) {}

export const serve = () => CloudOfOne.serve(Echo, Echo.toLayer(Effect.succeed))

export const connect: Contender["connect"] = async (port) => {
  const client = await CloudOfOne.connect(port)
  return withFibers(client.sendData(new Uint8Array(bodyBytes).fill(7), "Echo"))
}
