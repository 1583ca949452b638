/** The nodes of a tortured cloud, by name, and how they are at the moment. */
import type { Client } from "@distri/core/client/Client"
import type { Stats } from "@distri/core/cloud/Stats"
import { StatsService } from "@distri/core/service/PublicServices"
import type { Address } from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as NodeProcess from "./NodeProcess.ts"

export interface Member {
  readonly name: string
  readonly address: Address
  /** How it is started, each time. */
  readonly place: NodeProcess.Place
}

export interface Cloud {
  readonly members: ReadonlyArray<Member>
  /** Those that run, as far as this process knows; stopped ones too. */
  readonly running: () => ReadonlyArray<Member>
  readonly pidOf: (name: string) => number | undefined
  /** Starts it, unless it runs. Does not wait until it is ready. */
  readonly start: (name: string) => Effect.Effect<void>
  /** Ends when it is ready, or has ended. */
  readonly ready: (name: string) => Effect.Effect<void>
  /** Ends it by the signal, and waits until it is gone. */
  readonly end: (name: string, how: "SIGKILL" | "SIGTERM" | "leave") => Effect.Effect<void>
  readonly signal: (name: string, signal: "SIGSTOP" | "SIGCONT") => Effect.Effect<void>
  /** Forgets what it had on its disk. Only while it does not run. */
  readonly wipe: (name: string) => Effect.Effect<void>
  /** What each node says that runs and answers in time. Not through the relays. */
  readonly stats: Effect.Effect<ReadonlyMap<string, Stats>>
  /** The name of the node that leads in the highest term. */
  readonly leader: Effect.Effect<string | undefined>
  /** All that run are ready, and the next loss of one costs nothing. */
  readonly isWhole: Effect.Effect<boolean>
}

interface Life {
  readonly process: NodeProcess.NodeProcess
  readonly scope: Scope.Closeable
  /** It is meant to end. */
  isEnding: boolean
  isReady: boolean
}

export interface Options {
  readonly members: ReadonlyArray<Member>
  /** Connected directly. */
  readonly client: Client["Service"]
  /** A node ended, and nobody ended it. */
  readonly onSurprise: (member: Member, how: string) => Effect.Effect<void>
}

/** Longer than draining may take, on a machine that is busy. */
const endMax = "60 seconds"

export const make = Effect.fnUntraced(function* ({ client, members, onSurprise }: Options) {
  const whole = yield* Effect.scope
  const lives = new Map<string, Life>()
  const memberOf = (name: string) => members.find((member) => member.name === name)!

  /** The next one may run by now. */
  const forget = (name: string, life: Life) => {
    if (lives.get(name) === life) lives.delete(name)
  }

  const start = Effect.fnUntraced(function* (name: string) {
    const before = lives.get(name)
    if (before !== undefined) {
      if (!before.isEnding) return
      // Who told it to end did not wait until it had.
      yield* before.process.ended
      forget(name, before)
    }
    const member = memberOf(name)
    const scope = yield* Scope.fork(whole)
    const process = yield* Scope.provide(NodeProcess.start(member.place), scope)
    const life: Life = { process, scope, isEnding: false, isReady: false }
    lives.set(name, life)
    const watch = Effect.gen(function* () {
      yield* Effect.raceFirst(process.ready, Effect.asVoid(process.ended))
      life.isReady = !process.hasEnded()
      const how = yield* process.ended
      forget(name, life)
      yield* Scope.close(scope, Exit.void)
      if (!life.isEnding) yield* onSurprise(member, how)
    })
    yield* Effect.forkIn(watch, whole)
  })

  const ready = Effect.fnUntraced(function* (name: string) {
    const life = lives.get(name)
    if (life === undefined) return
    yield* Effect.raceFirst(life.process.ready, Effect.asVoid(life.process.ended))
  })

  const end: Cloud["end"] = Effect.fnUntraced(function* (name, how) {
    const life = lives.get(name)
    if (life === undefined) return
    life.isEnding = true
    yield* how === "leave" ? life.process.leave : life.process.signal(how)
    yield* life.process.ended.pipe(
      Effect.timeoutOrElse({
        duration: endMax,
        orElse: () =>
          onSurprise(memberOf(name), `no end within ${endMax} of ${how}`).pipe(
            Effect.andThen(life.process.signal("SIGKILL")),
            Effect.andThen(life.process.ended)
          )
      })
    )
    forget(name, life)
  })

  const statsOf = (member: Member) =>
    Effect.map(
      Effect.option(
        client.call(StatsService, undefined, { node: member.address, timeout: "2 seconds" })
      ),
      (stats) => [member.name, stats] as const
    )
  const running = () => members.filter(({ name }) => lives.has(name))
  const stats = Effect.suspend(() =>
    Effect.forEach(running(), statsOf, { concurrency: "unbounded" })
  ).pipe(
    Effect.map(
      (all) =>
        new Map(
          all.flatMap(([name, found]) => (found._tag === "Some" ? [[name, found.value]] : []))
        )
    )
  )
  const leading = Effect.map(stats, (all) => {
    const leaders = [...all].filter(([, { role }]) => role === "leader")
    return leaders.toSorted(([, left], [, right]) => right.term - left.term)[0]
  })

  const cloud: Cloud = {
    members,
    running,
    pidOf: (name) => lives.get(name)?.process.pid,
    start,
    ready,
    end,
    signal: (name, signal) => lives.get(name)?.process.signal(signal) ?? Effect.void,
    wipe: (name) =>
      Effect.sync(() => {
        const { data } = memberOf(name).place
        if (data !== undefined) fs.rmSync(data, { recursive: true, force: true })
      }),
    stats,
    leader: Effect.map(leading, (found) => found?.[0]),
    isWhole: Effect.map(leading, (found) => {
      if (found === undefined || ![...lives.values()].every(({ isReady }) => isReady)) return false
      const [, { survives, voters }] = found
      const isComplete = voters.length % 2 === 1 && voters.length >= Math.min(3, lives.size)
      return isComplete && survives >= Math.floor(voters.length / 2)
    })
  }
  return cloud
})
