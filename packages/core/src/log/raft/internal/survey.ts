import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import { type JoinAnswer, JoinLog, type JoinQuestion } from "../../../service/LogServices.ts"
import { LinkFailed, type RaftPeers } from "../../RaftPeers.ts"

/** How long an answer may take, and how long it counts. */
const answerMaxMs = 3000
/** So long a round waits for those who answer at once. */
const roundMs = 150

/** What the other nodes said lately. */
export interface Survey {
  readonly answers: ReadonlyArray<JoinAnswer>
  /** Those of whom there is no answer. */
  readonly silent: ReadonlyArray<string>
  /** Nothing is there at all. Who only does not answer may be cut off, and have all that there is. */
  readonly isRefused: boolean
  /** When the earliest of the questions was asked that these are the answers to. */
  readonly askedMs: number
}

interface Asked {
  readonly answer: Result.Result<JoinAnswer, unknown>
  readonly askedMs: number
  readonly atMs: number
}

/**
 * Asks every node, each as often as it answers, and reads what they said lately. One that does not
 * answer holds up nobody.
 */
export const make = Effect.fnUntraced(function* (
  peers: RaftPeers["Service"],
  question: () => JoinQuestion,
  nowMs: () => number
) {
  const scope = yield* Effect.scope
  const asked = new Map<string, Asked>()
  const underWay = new Set<string>()
  const quiet = yield* Latch.make()

  const ask = (node: string) =>
    Effect.suspend(() => {
      const askedMs = nowMs()
      underWay.add(node)
      quiet.closeUnsafe()
      return peers
        .call(node)(JoinLog, question())
        .pipe(
          Effect.timeoutOption(answerMaxMs),
          Effect.flatMap((answer) => Effect.fromOption(answer)),
          Effect.result,
          Effect.map((answer) => {
            asked.set(node, { answer, askedMs, atMs: nowMs() })
            underWay.delete(node)
            if (underWay.size === 0) quiet.openUnsafe()
          })
        )
    })

  return Effect.fnUntraced(function* (nodes: ReadonlyArray<string>) {
    for (const node of asked.keys()) if (!nodes.includes(node)) asked.delete(node)
    const free = nodes.filter((node) => !underWay.has(node))
    yield* Effect.forEach(free, (node) => Effect.forkIn(ask(node), scope), { discard: true })
    if (nodes.length > 0) {
      yield* Effect.yieldNow
      yield* Effect.timeoutOption(quiet.await, roundMs)
    }
    const recent = nodes.flatMap((node) => {
      const last = asked.get(node)
      return last === undefined || nowMs() - last.atMs > answerMaxMs ? [] : [{ node, ...last }]
    })
    const answering = recent.flatMap(({ answer, node }) =>
      Result.isSuccess(answer) ? [{ node, answer: answer.success }] : []
    )
    const survey: Survey = {
      answers: answering.map(({ answer }) => answer),
      silent: nodes.filter((other) => !answering.some(({ node }) => node === other)),
      isRefused: recent.length === nodes.length && recent.every(({ answer }) => isRefused(answer)),
      askedMs: Math.min(...recent.map(({ askedMs }) => askedMs))
    }
    return survey
  })
})

const isRefused = (answer: Result.Result<JoinAnswer, unknown>): boolean =>
  Result.isFailure(answer) &&
  answer.failure instanceof LinkFailed &&
  answer.failure.refused === true
