/** The thread of `Judge.ts`. */
import { parentPort } from "node:worker_threads"
import { Linearizability } from "../../../../simulation/src/checker/index.ts"
import * as Model from "../workload/model.ts"
import type { Judgement } from "./Judge.ts"

/** Some seconds for a partition. */
const maxSteps = 3_000_000

parentPort!.on(
  "message",
  ([number, operations]: readonly [number, ReadonlyArray<Model.Recorded>]) => {
    const model = Model.make()
    const report = Linearizability.check(model, operations, { maxSteps })
    const judgement: Judgement = {
      isLinearizable: report._tag === "Linearizable",
      steps: "steps" in report ? report.steps : 0,
      text: Linearizability.describe(model, report),
      ...(report._tag === "NotLinearizable" && { partition: report.operations })
    }
    parentPort!.postMessage([number, judgement], [])
  }
)
