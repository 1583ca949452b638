import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { laws } from "../../../simulation/src/contract/ReplicatedLogContract.ts"
import { engine, Processes } from "./processEngine.ts"

const timeout = 60_000

const engines = [
  ["in memory", engine("memory")],
  ["on disks", engine("disk")]
] as const

layer(Processes.layer, { excludeTestServices: true, timeout })("laws of RaftLog", (it) => {
  for (const [where, subject] of engines)
    describe(`three processes, ${where}`, { timeout }, () => {
      for (const { law, name } of laws(subject)) it.effect(name, () => Effect.scoped(law))
    })
})
