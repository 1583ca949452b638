/**
 * Reads what a closed window left behind, and has it judged; later it is checked on each node, and
 * deleted.
 */
import type { Client } from "@distri/core/client/Client"
import { GetDocument } from "@distri/core/service/DatabaseServices"
import type { Address } from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Findings } from "../Findings.ts"
import type { Judge } from "../judge/Judge.ts"
import { type Found, problemsOf } from "../judge/sums.ts"
import { Counters, Registers, Tokens } from "./collections.ts"
import type { Input, Output } from "./model.ts"
import type { Window } from "./Window.ts"
import { tokensIn } from "./Worker.ts"

export interface Options {
  /** Connected directly. */
  readonly client: Client["Service"]
  readonly judge: Judge
  readonly findings: Findings
  /** Where histories are written that cannot be. */
  readonly folder: string
}

const collections = { register: Registers, counter: Counters, tokens: Tokens } as const
const kinds = ["register", "counter", "tokens"] as const

type Document = Readonly<Record<string, unknown>> | undefined

const valueOf = (on: Input["on"], document: Document): Output => {
  if (on === "register") return document?.["value"] as number | undefined
  if (on === "counter") return (document?.["count"] as number | undefined) ?? 0
  return tokensIn((document?.["times"] ?? {}) as Record<string, number>)
}

/** At most so many problems of one window are told. */
const toldMax = 5

export const make = ({ client, findings, folder, judge }: Options) => {
  const read = (on: Input["on"], id: string, node?: Address) =>
    client
      .call(
        GetDocument,
        {
          collection: collections[on].collection,
          id,
          ...(node === undefined ? {} : { consistency: "local" as const })
        },
        { timeout: "5 seconds", ...(node === undefined ? {} : { node }) }
      )
      .pipe(
        Effect.map(({ found }) => valueOf(on, found?.document)),
        // However long that takes.
        Effect.retry(Schedule.spaced("500 millis")),
        Effect.orDie
      )

  const tell = (where: string, problems: ReadonlyArray<string>) => {
    for (const problem of problems.slice(0, toldMax)) findings.add("once", `${where}: ${problem}`)
  }

  /** All counters and tokens of the window: as of now, or as `node` has them. */
  const contents = (window: Window, node?: Address): Effect.Effect<Found> =>
    Effect.map(
      Effect.forEach(
        (["counter", "tokens"] as const).flatMap((on) =>
          window.keys(on).map((key) => ({ on, key }))
        ),
        ({ key, on }) =>
          Effect.map(read(on, key, node), (value) => [key, value as number] as const),
        { concurrency: 4 }
      ),
      (found) => new Map(found)
    )

  /** Ends when the closed window is read and judged. */
  const audit = Effect.fnUntraced(function* (window: Window) {
    for (const on of kinds) {
      for (const key of window.keys(on)) {
        const call = window.call("auditor", { on, key, kind: "read" } as Input)
        call.returned(yield* read(on, key))
      }
    }
    const { operations } = window
    tell("the cloud", problemsOf(operations, yield* contents(window)))
    const judgement = yield* judge.judge(operations)
    if (judgement.isLinearizable) return
    const file = path.join(folder, `window-${window.number}.json`)
    const { refusals } = window
    const history = { operations: judgement.partition ?? operations, refusals }
    const text = JSON.stringify(history, (_, value) => (value === Infinity ? null : value))
    fs.writeFileSync(file, text)
    findings.add("linearizable", `${judgement.text}\n(history in ${file})`)
  })

  return {
    audit,
    /** What is acknowledged is on the node, once. Once the node has caught up. */
    auditNode: (window: Window, name: string, node: Address) =>
      Effect.map(contents(window, node), (found) =>
        tell(name, problemsOf(window.operations, found))
      ),
    /** The documents of the window are no longer needed. */
    forget: (window: Window) =>
      Effect.forEach(
        kinds,
        (on) =>
          Effect.ignore(
            client.documents.execute({
              _tag: "DeleteDocuments",
              collection: collections[on].collection,
              filter: { _id: { $in: [...window.keys(on)] } }
            })
          ),
        { discard: true }
      )
  }
}

export type Auditor = ReturnType<typeof make>
