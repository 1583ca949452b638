/**
 * Tells the other nodes about this one.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Links } from "../../client/Links.ts"
import type { NodeReport } from "../NodeReport.ts"
import { NodeTable } from "../NodeTable.ts"
import type { UpdateInfo } from "../UpdateInfo.ts"
import { UpdateScheduler } from "../UpdateScheduler.ts"

/** Reports this node to the others from now on. Returns what tells its state at once. */
export const startReporting = Effect.fnUntraced(function* (report: NodeReport) {
  const table = yield* NodeTable
  const links = yield* Links
  const broadcast = Effect.fnUntraced(function* (info: UpdateInfo) {
    yield* table.report(info)
    yield* Effect.forEach(
      yield* links.addresses,
      (address) => Effect.ignore(Effect.flatMap(links.to(address), ({ tell }) => tell(info))),
      { concurrency: "unbounded", discard: true }
    )
  })
  const context = yield* Layer.build(UpdateScheduler.layer({ current: report.current, broadcast }))
  const scheduler = Context.get(context, UpdateScheduler)
  yield* Effect.flatMap(report.load, (load) =>
    scheduler.signal({ _tag: "LoadChanged", load })
  ).pipe(
    Effect.andThen(Effect.sleep("100 millis")),
    Effect.forever({ disableYield: true }),
    Effect.forkScoped
  )
  return Effect.flatMap(report.state, (state) => scheduler.signal({ _tag: "StateChanged", state }))
})
