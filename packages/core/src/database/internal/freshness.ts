import * as Effect from "effect/Effect"
import type { State } from "@distri/store/state/State"
import { ReplicatedLog, Unavailable } from "../../log/ReplicatedLog.ts"
import { CurrentRequest } from "../../service/RequestContext.ts"
import type { ReadOptions } from "../Documents.ts"
import type * as Replica from "./replica.ts"

/** Makes `copy` as new as a read asks for. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>
) {
  const log = yield* ReplicatedLog

  const barrier = Effect.gen(function* () {
    yield* copy.running
    const index = yield* log.barrier
    yield* copy.applied(index)
    return index
  })

  /** The state that a read with these options may see. */
  const stateFor = ({
    consistency = "linearizable",
    timeout = "10 seconds"
  }: ReadOptions): Effect.Effect<State, Unavailable> => {
    if (consistency === "local") return copy.state
    const wait: Effect.Effect<unknown, Unavailable> =
      consistency === "linearizable"
        ? barrier
        : Effect.flatMap(CurrentRequest, ({ seen }) => copy.applied(seen))
    return Effect.timeoutOrElse(Effect.andThen(wait, copy.state), {
      duration: timeout,
      orElse: () => Effect.fail(new Unavailable({ reason: "Behind" }))
    })
  }

  return { barrier, stateFor }
})
