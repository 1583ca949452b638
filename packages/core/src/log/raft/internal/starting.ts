import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { RaftConfig } from "@distri/raft/RaftConfig"
import type { Restored } from "@distri/raft/Restored"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { Halt } from "../../../Halt.ts"
import { RaftPeers } from "../../RaftPeers.ts"
import { type LogId, LogIndex } from "../../ReplicatedLog.ts"
import { LogStorage } from "../../storage/LogStorage.ts"
import { CurrentBreaks } from "../Breaks.ts"
import { nodeOf } from "../pure/Membership.ts"
import { Core } from "./core.ts"
import * as Intake from "./intake.ts"
import * as Outboxes from "./outboxes.ts"
import type { Remote } from "./remote.ts"

/** What of this node's part in the log there is by now. */
export interface Own {
  core: Core | undefined
  isClosed: boolean
  isLeaving: boolean
  /** Done once there is a core, or it is closed. Another one after a log was given up. */
  begun: Deferred.Deferred<void>
}

/** Gives `own` its core, and runs that for as long as the scope is open, or until it is given up. */
export const make = Effect.fnUntraced(function* (options: {
  readonly id: IncarnationId
  readonly own: Own
  readonly remote: Remote
  readonly nowMs: () => number
  readonly retainedMaxBytes: number
  readonly tickMs: number
  readonly raft: Partial<RaftConfig>
}) {
  const { id, own, remote, ...config } = options
  const storage = yield* LogStorage
  const halt = yield* Halt
  const breaks = yield* CurrentBreaks
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const scope = yield* Effect.scope

  const peers = yield* RaftPeers
  /** Of the present core, with all that reads and sends for it. */
  let life = yield* Scope.fork(scope)

  const start = Effect.fnUntraced(function* (log: LogId, restored: Restored) {
    life = yield* Scope.fork(scope)
    const unreachable = (peer: IncarnationId) => core.unreachable(peer)
    const outboxes = yield* Scope.provide(Outboxes.make(peers, log, unreachable), life)
    const intake = Intake.make({
      storage,
      restored: restored.snapshot,
      halt,
      fetch: ({ from, snapshot: { bytes, index, reference } }) =>
        remote.snapshot(
          { node: nodeOf(from), log },
          { id: reference, index: LogIndex.make(index), bytes },
          0,
          id
        ),
      onComplete: (message) => core.input({ _tag: "Received", message })
    })
    const hasSnapshot = yield* Scope.provide(intake, life)
    const core = new Core({
      ...config,
      id,
      log,
      restored,
      storage,
      outboxes,
      breaks,
      hasSnapshot,
      random: () => random.nextDoubleUnsafe(),
      clockMs: () => clock.currentTimeMillisUnsafe()
    })
    own.core = core
    const loops = [core.run, Effect.orDie(core.disk.run), ticking(core, config.tickMs)]
    yield* Effect.forEach(loops, (loop) => Effect.forkIn(halt.guard(loop), life))
    yield* Effect.forkIn(campaignFirst(core, restored), life)
    yield* Deferred.succeed(own.begun, undefined)
  })

  /** From here on this node is as it was before it began; unless something of the log is here. */
  const giveUp = Effect.suspend(() => {
    const { core } = own
    if (core === undefined || !core.isEmpty) return Effect.succeed(false)
    own.core = undefined
    own.begun = Deferred.makeUnsafe()
    core.close("NoLeader")
    return Effect.as(Scope.close(life, Exit.void), true)
  })

  return { start, giveUp }
})

const ticking = (core: Core, tickMs: number) =>
  Effect.andThen(
    Effect.sleep(tickMs),
    Effect.sync(() => core.tick())
  ).pipe(Effect.forever({ disableYield: true }))

/** Who begins a cloud, or is its only voter, has nobody to wait for before it asks for votes. */
const campaignFirst = (core: Core, { entries, snapshot }: Restored) => {
  const { voters } = snapshot.configuration
  const isOnly = voters.length === 1 && voters[0] === core.id
  const founds = snapshot.index === 1 && entries.length === 0 && voters.includes(core.id)
  return isOnly || founds
    ? Effect.suspend(() => {
        if (!core.follows) core.input({ _tag: "CampaignRequested" })
        return Effect.sleep("200 millis")
      }).pipe(Effect.repeat({ times: 5 }))
    : Effect.void
}
