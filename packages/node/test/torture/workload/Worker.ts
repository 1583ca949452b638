/** One client of the workload: a connection of its own, and one operation after the other. */
import { Client } from "@distri/core/client/Client"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Random } from "../../../../simulation/src/random/Random.ts"
import type { Findings } from "../Findings.ts"
import { Counters, Registers, Tokens } from "./collections.ts"
import type { Input, Output } from "./model.ts"
import * as Outcome from "./Outcome.ts"
import type { Tally } from "./Tally.ts"
import { documents, type Window } from "./Window.ts"

export interface Options {
  readonly name: string
  readonly random: Random
  readonly tally: Tally
  readonly findings: Findings
  readonly window: () => Window
  readonly isOver: () => boolean
  /** Between two operations, on average. */
  readonly thinkMs: number
}

type Attempt = Effect.Effect<Output, Outcome.Tagged>

/** How often a write under a key is sent again, and how long after. */
const againMax = 20
const againAfter = "500 millis"

const padMax = 8192

/** Goes on until it is over. */
export const run = Effect.fnUntraced(function* (options: Options) {
  const { findings, isOver, name, random, tally, window, thinkMs } = options
  const client = yield* Client
  const registers = client.collection(Registers)
  const counters = client.collection(Counters)
  const tokens = client.collection(Tokens)
  let numbers = 0
  /** Unique in the whole run, so that a value says who wrote it. */
  const fresh = () => numbers++ * 100 + Number(name.slice(1))
  const timeout = () => random.pick(["2 seconds", "5 seconds", "10 seconds"] as const)

  /** `again`: sends it under its key until somebody knows what became of it. */
  const record = (into: Window, input: Input, attempt: Attempt, again = false) =>
    Effect.suspend(() => {
      const kind = `${input.on} ${input.kind}`
      const call = into.call(name, input)
      let isInDoubt = false
      const refuse = ({ _tag, message = "" }: Outcome.Tagged) => {
        into.refusals.push({ input, why: `${_tag}: ${message}` })
        call.refused()
      }
      const send = (left: number): Effect.Effect<void> =>
        Effect.matchEffect(attempt, {
          onSuccess: (output) => {
            call.returned(output)
            tally.ended(kind, "ok")
            return Effect.void
          },
          onFailure: (error) => {
            const outcome = Outcome.of(error)
            if (outcome === "unexpected") {
              findings.add("error", `${kind} failed with ${error._tag}: ${error.message ?? ""}`)
            }
            // What was refused after an attempt in doubt is in doubt.
            isInDoubt ||= outcome !== "refused"
            if (again && left > 0) return Effect.andThen(Effect.sleep(againAfter), send(left - 1))
            if (isInDoubt) call.lost()
            else refuse(error)
            tally.ended(kind, isInDoubt ? "unknown" : "refused")
            return Effect.void
          }
        })
      return Effect.onInterrupt(send(againMax), () => Effect.sync(call.lost))
    })

  const read = (into: Window, key: string) =>
    record(
      into,
      { on: "register", key, kind: "read" },
      Effect.map(registers.get(key, { timeout: timeout() }), (found) =>
        Option.match(found, { onNone: () => undefined, onSome: ({ document }) => document.value })
      )
    )

  const write = (into: Window, key: string) => {
    const value = fresh()
    const set = { value, pad: "x".repeat(random.below(padMax)) }
    return record(
      into,
      { on: "register", key, kind: "write", value },
      Effect.as(registers.update(key, { set }, { upsert: true, timeout: timeout() }), undefined)
    )
  }

  /** Of what was read just before; the revision stands for the value. */
  const compareAndSet = (into: Window, key: string) =>
    Effect.flatMap(Effect.option(registers.get(key, { timeout: timeout() })), (answer) => {
      const found = Option.flatten(answer)
      if (Option.isNone(found)) return Effect.void
      const { document, rev } = found.value
      const value = fresh()
      return record(
        into,
        { on: "register", key, kind: "compareAndSet", expected: document.value, value },
        registers.update(key, { set: { value } }, { ifRev: rev, timeout: timeout() }).pipe(
          Effect.as(true),
          Effect.catchTag("RevisionMismatch", () => Effect.succeed(false))
        )
      )
    })

  const increment = (into: Window, key: string) => {
    const idempotencyKey = random.chance(0.7) ? `${name}-${fresh()}` : undefined
    return record(
      into,
      { on: "counter", key, kind: "increment" },
      Effect.as(
        counters.update(
          key,
          { inc: { count: 1 } },
          { upsert: true, timeout: timeout(), idempotencyKey }
        ),
        undefined
      ),
      idempotencyKey !== undefined
    )
  }

  const count = (into: Window, key: string) =>
    record(
      into,
      { on: "counter", key, kind: "read" },
      Effect.map(counters.get(key, { timeout: timeout() }), (found) =>
        Option.match(found, { onNone: () => 0, onSome: ({ document }) => document.count })
      )
    )

  const add = (into: Window, key: string) => {
    const token = `${name}-${fresh()}`
    const inc = { [`times.${token}`]: 1 } as never
    const send = tokens.update(
      key,
      { inc },
      { upsert: true, timeout: timeout(), idempotencyKey: token }
    )
    // Also after it was answered: it counts once.
    const twice = random.chance(0.2) ? Effect.andThen(send, Effect.ignore(send)) : send
    return record(
      into,
      { on: "tokens", key, kind: "add", token },
      Effect.as(twice, undefined),
      true
    )
  }

  const all = (into: Window, key: string) =>
    record(
      into,
      { on: "tokens", key, kind: "read" },
      Effect.map(tokens.get(key, { timeout: timeout() }), (found) =>
        Option.match(found, {
          onNone: () => [],
          onSome: ({ document }) => tokensIn(document.times)
        })
      )
    )

  const operations = {
    register: [read, read, write, write, compareAndSet],
    counter: [increment, increment, count],
    tokens: [add, add, all]
  } as const
  const kinds = ["register", "register", "register", "tokens", "tokens", "counter"] as const

  const round = Effect.suspend(() => {
    const into = window()
    const leave = into.enter()
    const on = random.pick(kinds)
    const operation = random.pick<(into: Window, key: string) => Effect.Effect<void>>(
      operations[on]
    )
    return operation(into, into.key(on, random.below(documents[on]))).pipe(
      Effect.ensuring(Effect.sync(leave)),
      Effect.andThen(Effect.suspend(() => Effect.sleep(random.between(0, 2 * thinkMs))))
    )
  })
  yield* Effect.repeat(round, { while: () => !isOver() })
})

/** A token that was added twice comes twice. */
export const tokensIn = (times: Readonly<Record<string, number>>): ReadonlyArray<string> =>
  Object.entries(times).flatMap(([token, often]) => Array<string>(often).fill(token))
