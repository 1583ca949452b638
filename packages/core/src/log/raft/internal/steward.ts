import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { ConfChangeStep } from "@distri/raft/membership/ConfChange"
import * as Effect from "effect/Effect"
import {
  type Candidate,
  isWanted,
  type Limits,
  next,
  nodeOf,
  type Situation
} from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import { handOver } from "./departure.ts"

/** How often the leader looks whether the membership should change. */
const lookEvery = "100 millis"
/** A change that is not applied by then was lost with a leadership; it is looked at anew. */
const changeMaxMs = 5000
/** A node that asked so long ago, and is no member, is not counted as part of the cloud. */
const rememberedMs = 600_000
/** By then a new leader was asked by all who are there, and are no members. */
const knownAfterMs = 1000
/** Who left may ask to come back after so long; before, its question may be an old one. */
const leavingMs = 60_000
/** What hinders this leader may hinder the next one too: leadership does not go round. */
const handOverEveryMs = 300_000
/** More returns of one node in a minute than this are two processes that take turns, or a crash loop. */
const returnsMax = 6
const returnsWithinMs = 60_000

/**
 * Keeps the membership as it should be, wherever this node leads. The rules are in
 * `../pure/Membership.ts`; here is what they are asked about.
 */
export class Steward {
  readonly #core: () => Core | undefined
  readonly #nowMs: () => number
  readonly #limits: Limits
  /** By node: the memory that asked last, and when. */
  readonly #asked = new Map<string, { readonly id: IncarnationId; readonly atMs: number }>()
  /** Those that were asked to go, and when. */
  readonly #leaving = new Map<IncarnationId, number>()
  /** When this leader first had each of its members. */
  readonly #metMs = new Map<IncarnationId, number>()
  readonly #returns = new Map<string, ReadonlyArray<number>>()
  #pendingSinceMs: number | undefined = undefined
  #leadsSinceMs: number | undefined = undefined
  #handedOverMs = -Infinity

  constructor(core: () => Core | undefined, nowMs: () => number, limits: Limits) {
    this.#core = core
    this.#nowMs = nowMs
    this.#limits = limits
  }

  /** A node says which memory it has now. */
  asked(id: IncarnationId): void {
    const node = nodeOf(id)
    // A late question does not bring back who left.
    if (!this.#leaving.has(id)) this.#asked.set(node, { id, atMs: this.#nowMs() })
  }

  /** The memory is to be removed; it is not asked to come back. */
  leaving(id: IncarnationId): void {
    this.#leaving.set(id, this.#nowMs())
    this.#asked.delete(nodeOf(id))
  }

  /** It wanted to go, and could not. */
  stays(id: IncarnationId): void {
    this.#leaving.delete(id)
  }

  /** Whether it will be a member, as far as the rules say now. Undefined: nobody can say yet. */
  wants(id: IncarnationId): boolean | undefined {
    const core = this.#core()
    if (core === undefined || !core.leads) return undefined
    if (isWanted(this.#situation(core), id)) return true
    const since = this.#leadsSinceMs
    return since !== undefined && this.#nowMs() - since >= knownAfterMs ? false : undefined
  }

  readonly run: Effect.Effect<never> = Effect.suspend(() => this.#look()).pipe(
    Effect.andThen(Effect.sleep(lookEvery)),
    Effect.forever({ disableYield: true })
  )

  #look(): Effect.Effect<void> {
    const core = this.#core()
    const now = this.#nowMs()
    this.#leadsSinceMs = core?.leads === true ? (this.#leadsSinceMs ?? now) : undefined
    this.#forget(now)
    this.#meet(core)
    if (core === undefined || !core.leads || core.view.transferee !== undefined) {
      this.#pendingSinceMs = undefined
      return Effect.void
    }
    const { hindrance } = core
    if (hindrance !== undefined && now - this.#handedOverMs >= handOverEveryMs) {
      this.#handedOverMs = now
      return Effect.andThen(
        Effect.logWarning(`this node hands the lead of the log to another one: ${hindrance}`),
        Effect.ignore(handOver({ core: this.#core, nowMs: this.#nowMs }))
      )
    }
    const { log, pendingConfIndex } = core.view
    const isPending = pendingConfIndex > log.applied
    if (isPending && now - (this.#pendingSinceMs ?? now) < changeMaxMs) {
      this.#pendingSinceMs ??= now
      return Effect.void
    }
    this.#pendingSinceMs = undefined
    const step = next(this.#situation(core))
    if (step === undefined || (step.kind === "AddLearner" && this.#returnsTooOften(step, now)))
      return Effect.void
    core.change(step)
    // It is as much there as it was: who joins meanwhile finds a cloud with it.
    const heardMs = core.heardMs.get(step.node)
    if (step.kind === "Remove" && heardMs !== undefined && !this.#leaving.has(step.node))
      this.#remember(step.node, heardMs)
    return Effect.logInfo(`the log's members change: ${described(step)}`)
  }

  #situation(core: Core): Situation {
    const now = this.#nowMs()
    const { configuration, log, progress } = core.view
    return {
      self: core.id,
      configuration,
      lastIndex: log.lastIndex,
      members: new Map(
        progress.map(({ id, match }) => {
          const silentMs = id === core.id ? 0 : now - (core.heardMs.get(id) ?? 0)
          const missedMs = Math.min(silentMs, now - (this.#metMs.get(id) ?? now))
          return [id, { match, silentMs, missedMs }]
        })
      ),
      candidates: Array.from(this.#asked.values(), ({ atMs, id }): Candidate => ({
        id,
        silentMs: now - atMs
      })),
      leaving: new Set(this.#leaving.keys()),
      limits: this.#limits
    }
  }

  /** On every node: whoever is told may lead one day. */
  #forget(now: number): void {
    for (const [node, { atMs }] of this.#asked)
      if (now - atMs > rememberedMs) this.#asked.delete(node)
    for (const [id, atMs] of this.#leaving) if (now - atMs > leavingMs) this.#leaving.delete(id)
    for (const [node, times] of this.#returns)
      if (now - times.at(-1)! > returnsWithinMs) this.#returns.delete(node)
  }

  #meet(core: Core | undefined): void {
    const members = core?.leads === true ? core.view.progress.map(({ id }) => id) : []
    for (const id of this.#metMs.keys()) if (!members.includes(id)) this.#metMs.delete(id)
    for (const id of members) if (!this.#metMs.has(id)) this.#metMs.set(id, this.#nowMs())
  }

  #remember(id: IncarnationId, atMs: number): void {
    const known = this.#asked.get(nodeOf(id))
    if (known === undefined || (known.id === id && known.atMs < atMs))
      this.#asked.set(nodeOf(id), { id, atMs })
  }

  #returnsTooOften({ node: id }: ConfChangeStep, now: number): boolean {
    const node = nodeOf(id)
    const recent = (this.#returns.get(node) ?? []).filter((at) => now - at < returnsWithinMs)
    const tooOften = recent.length >= returnsMax
    this.#returns.set(node, tooOften ? recent : [...recent, now])
    return tooOften
  }
}

const described = ({ kind, node }: ConfChangeStep): string =>
  kind === "Remove"
    ? `${node} is removed`
    : kind === "AddLearner"
      ? `${node} joins`
      : `${node} may vote`
