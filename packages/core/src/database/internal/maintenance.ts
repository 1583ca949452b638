/**
 * What the node that leads does for the database now and then: it logs the end of documents whose
 * time has come, and of results and sessions that nobody will ask for again.
 *
 * Nothing ends by a node's own clock, only by what the log says. And no wall clock that is ahead ends
 * what somebody may ask for again: how long it lay still is told by the monotonic clock of the node that
 * leads, which was there all the while.
 */
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { dueMs } from "@distri/store/apply/expiry"
import { language, type Operation } from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import type { State } from "@distri/store/state/State"
import * as Tree from "@distri/store/tree/Tree"
import { LogTime } from "@distri/store/value/LogIndex"
import { ReplicatedLog } from "../../log/ReplicatedLog.ts"
import type * as Copies from "./copy.ts"
import * as LogPast from "./logPast.ts"

/** A session that was silent for this long ends. */
const sessionIdleMs = 60 * 60_000
/** How long the result of a one-shot command is kept. */
const keyLifeMs = 24 * 60 * 60_000
/** The same when there are more than `keysMax`. No call lasts longer than 10 minutes. */
const keyLifeMinMs = 11 * 60_000
const keysMax = 100_000
const lookEvery = "1 second"
/** How often one look proposes what is due: up to 50,000 documents. */
const roundsMax = 50

/** This node's copy. */
type Copy = Pick<Effect.Success<typeof Copies.make>, "applied" | "state">

/** Looks after the database for as long as the scope is open. `sweep`: this node's own leftovers. */
export const run = Effect.fnUntraced(function* (copy: Copy, sweep: Effect.Effect<void>) {
  const log = yield* ReplicatedLog
  const random = yield* SecureRandom.SecureRandom

  const propose = Effect.fnUntraced(function* (operation: Operation) {
    const command = { language, sender: { _tag: "System" } as const, operation }
    const index = yield* log.append(CommandCodec.encode(command), { id: yield* random.ulid })
    yield* copy.applied(index)
  })

  const past = LogPast.make(keyLifeMs)

  const look = Effect.gen(function* () {
    const monotonicMs = Number(yield* Clock.monotonicTimeNanos) / 1e6
    past.note(monotonicMs, (yield* copy.state).time)
    const ago = (ms: number) => past.timeBefore(monotonicMs - ms)
    // One command ends only so much, not to hold up others. More may be due than one a look.
    for (let round = 0; round < roundsMax; round += 1) {
      if (!(yield* log.leads)) return
      const operations = due(yield* copy.state, yield* Clock.currentTimeMillis, ago)
      if (operations.length === 0) return
      for (const operation of operations) yield* propose(operation)
    }
  })
  yield* Effect.andThen(sweep, look).pipe(
    // What is due stays due: the next look tries again.
    Effect.ignore,
    Effect.repeat(Schedule.spaced(lookEvery)),
    Effect.forkScoped
  )
})

/** What should be logged at `nowMs`. `ago`: what the log's time was so many milliseconds before. */
export const due = (
  state: State,
  nowMs: number,
  ago: (ms: number) => LogTime | undefined
): ReadonlyArray<Operation> => {
  const operations: Array<Operation> = []
  if (dueMs(state) <= nowMs) operations.push({ _tag: "ExpireDocuments" })
  const sessionsBefore = ago(sessionIdleMs) ?? never
  const keysBefore = ago(state.keys.size > keysMax ? keyLifeMinMs : keyLifeMs) ?? never
  if (hasIdleSession(state, sessionsBefore) || oldestKey(state) <= keysBefore)
    operations.push({ _tag: "ExpireSessions", sessionsBefore, keysBefore })
  return operations
}

/** Before all that a log says. */
const never = LogTime.make(-1)

const hasIdleSession = ({ sessions }: State, before: LogTime) => {
  const scan = Tree.scan(sessions)
  while (scan.next()) if (scan.value.seen <= before) return true
  return false
}

const oldestKey = ({ keyOrder, keys }: State): number => {
  const first = Tree.first(keyOrder)
  const remembered = first === undefined ? undefined : Tree.get(keys, first[1])
  return remembered === undefined ? Infinity : remembered.time
}
