/**
 * Ends the leader while somebody writes, and looks how long nobody is answered.
 *
 * A write begins every few milliseconds, whatever became of those before it. So the first that is
 * answered of those that began after the signal says when the cloud writes again, and the longest
 * one how long a client had to wait. Then the node is started again, for the next round.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { setTimeout as sleep } from "node:timers/promises"
import type { Contender, Run } from "../Benchmark.ts"
import * as Programs from "../programs.ts"
import * as Cloud from "./Cloud.ts"
import { storageOf } from "./storage.ts"
import { makeKeys, value } from "./writes.ts"

const signal = new URL(import.meta.url).searchParams.get("signal") as NodeJS.Signals
/** Between the beginnings of two writes. */
const everyMs = 5
/** Written before the signal, and again after the first answer. */
const calmMs = 500

export const connect: Contender["connect"] = async () => {
  const nodes = [...(await Cloud.start(3, storageOf(import.meta.url)))]
  const client = await Cloud.connect(nodes.map(({ address }) => address))
  const entries = Cloud.entriesOf(client)
  await Effect.runPromise(entries.create)
  const key = makeKeys()
  let acknowledged = 0
  let inDoubt = 0

  return async (): Promise<Run> => {
    const at = await Cloud.leaderAmong(client, nodes)
    const writing = startWriting(() => entries.add({ _id: key(), value }))
    await sleep(calmMs)
    const signalMs = performance.now()
    const gone = Programs.kill(nodes[at]!.process, signal)
    const answeredMs = await Promise.race([writing.answeredAfter(signalMs), tooLate()])
    await sleep(calmMs)
    const seen = await writing.stop()
    await gone
    nodes[at] = await Cloud.startNode(nodes[at]!)
    await Cloud.caughtUp(
      client,
      nodes[at],
      await Effect.runPromise(entries.add({ _id: key(), value }))
    )

    acknowledged += seen.written + 1
    inDoubt += seen.failed
    const found = await Effect.runPromise(entries.count())
    if (found < acknowledged || found > acknowledged + inDoubt) {
      throw new Error(`${found} values, ${acknowledged} acknowledged and ${inDoubt} in doubt`)
    }
    const seconds = (answeredMs - signalMs) / 1000
    return { operations: 1, seconds, p50Us: seconds * 1e6, p99Us: seconds * 1e6, seen }
  }
}

const answerMaxMs = 60_000

const tooLate = async (): Promise<never> => {
  await sleep(answerMaxMs, undefined, { ref: false })
  throw new Error(`nobody was answered for ${answerMaxMs / 1000} s`)
}

interface Write {
  readonly startMs: number
  readonly tookMs: number
  readonly written: boolean
}

const startWriting = (write: () => Effect.Effect<unknown, unknown>) => {
  const running: Array<Promise<Write>> = []
  let onWritten: ((write: Write) => void) | undefined
  const begin = async (): Promise<Write> => {
    const startMs = performance.now()
    const result = await Effect.runPromise(Effect.result(write()))
    const tookMs = performance.now() - startMs
    const ended = { startMs, tookMs, written: Result.isSuccess(result) }
    if (ended.written) onWritten?.(ended)
    return ended
  }
  const timer = setInterval(() => running.push(begin()), everyMs)
  return {
    /** When the first write was answered that began after `afterMs`. */
    answeredAfter: (afterMs: number) =>
      new Promise<number>((resolve) => {
        onWritten = ({ startMs }) => {
          if (startMs >= afterMs) resolve(performance.now())
        }
      }),
    stop: async () => {
      clearInterval(timer)
      const writes = await Promise.all(running)
      const written = writes.filter((write) => write.written).length
      const longestMs = Math.max(...writes.map(({ tookMs }) => tookMs))
      return { written, failed: writes.length - written, longestMs }
    }
  }
}
