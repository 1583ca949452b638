import { founding, joining, type Restored } from "@distri/raft/Restored"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { type JoinAnswer, JoinLog } from "../../../service/LogServices.ts"
import { type ClusterId, LogId } from "../../ReplicatedLog.ts"
import type { RaftPeers } from "../../RaftPeers.ts"
import { nodeOf, votersWanted } from "../pure/Membership.ts"
import type { Core } from "./core.ts"

/** A node that has not found its cloud asks so often; one that only is no member, less. */
const askEveryMs = 150
const presentEveryMs = 500
const answerMax = "1 second"
/** After so long in vain, and then every so often, the log says what is waited for. */
const sayEveryMs = 5000

/** What other nodes said last about the log. */
export interface Hearsay {
  readonly leader: string | undefined
  /** Ids of those that have the log. */
  readonly members: ReadonlyArray<string>
  /** Whether the leader has or wants this node as a member; undefined: it has not said. */
  readonly wanted: boolean | undefined
}

/**
 * Finds the log of the cloud, and lets the leader know of this node as long as it is no member.
 *
 * A cloud is founded by the node with the first address, once every node it was told of has answered
 * and none has a log: so never because somebody could not be reached. Everybody else waits for it.
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly cluster: ClusterId
  readonly id: string
  readonly votersMax: number
  readonly peers: RaftPeers["Service"]
  readonly core: () => Core | undefined
  readonly begin: (log: LogId, restored: Restored) => Effect.Effect<void>
  readonly isLeaving: () => boolean
  readonly nowMs: () => number
}) {
  const { begin, cluster, core, id, isLeaving, nowMs, peers, votersMax } = options
  const random = yield* SecureRandom.SecureRandom
  const startedMs = nowMs()
  let hearsay: Hearsay = { leader: undefined, members: [], wanted: undefined }
  let saidMs = startedMs

  const ask = (node: string) =>
    peers
      .call(node)(JoinLog, { cluster, id })
      .pipe(
        Effect.timeoutOption(answerMax),
        Effect.flatMap((answer) => Effect.fromOption(answer)),
        Effect.result,
        Effect.map((answer) => ({ node, answer }))
      )

  const round = Effect.gen(function* () {
    const known = yield* peers.known
    const asked = yield* Effect.forEach(known, ask, { concurrency: "unbounded" })
    const answers = asked.flatMap(({ answer }) =>
      Result.isSuccess(answer) ? [answer.success] : []
    )
    hearsay = heard(answers)
    const own = core()
    if (own !== undefined) return yield* compare(own.log, answers)
    const found = answers.find(({ log }) => log !== undefined)?.log
    if (found !== undefined) return yield* begin(found, joining)
    const isFirst = known.every((other) => nodeOf(id) < other)
    if (isFirst && answers.length === known.length) return yield* foundCloud(answers)
    yield* say(
      asked.filter(({ answer }) => Result.isFailure(answer)).map(({ node }) => node),
      isFirst
    )
  })

  const foundCloud = Effect.fnUntraced(function* (others: ReadonlyArray<JoinAnswer>) {
    const log = LogId.make(yield* random.uuidV4())
    const wanted = votersWanted(others.length + 1, votersMax)
    const ids = others.map((other) => other.id).toSorted()
    const voters = [id, ...ids.slice(0, wanted - 1)]
    yield* begin(log, founding(withVoters(voters)))
    yield* Effect.logInfo(`this node has founded the cloud "${cluster}"; ${voters.join(", ")} vote`)
  })

  const say = (silent: ReadonlyArray<string>, isFirst: boolean) =>
    Effect.suspend(() => {
      if (nowMs() - saidMs < sayEveryMs) return Effect.void
      saidMs = nowMs()
      const why = isFirst
        ? `this node founds the cloud once all that it was told of have answered; ${silent.join(", ")} did not`
        : `this node looks for a cloud to join; ${silent.length === 0 ? "all answered that they look for one too, and the first of them founds it" : `${silent.join(", ")} did not answer`}`
      return Effect.logWarning(why)
    })

  /** After a cloud in memory was started anew, who slept through it follows a log that is gone. */
  const compare = (own: string, answers: ReadonlyArray<JoinAnswer>) =>
    Effect.suspend(() => {
      const other = answers.find(({ log }) => log !== undefined && log !== own)
      if (other === undefined || nowMs() - saidMs < sayEveryMs) return Effect.void
      saidMs = nowMs()
      return Effect.logWarning(
        `${nodeOf(other.id)} has another log than this node: the cloud began anew; restart this node to follow it`
      )
    })

  const isMember = () => {
    const found = core()
    if (found === undefined || !found.follows) return false
    const { learners, voters } = found.view.configuration
    return voters.includes(id) || learners.includes(id)
  }

  const run = Effect.gen(function* () {
    if (!isMember() && !isLeaving()) yield* round
    const pauseMs = core() === undefined ? askEveryMs : presentEveryMs
    // Never in step with others that began at the same moment.
    yield* Effect.sleep(pauseMs * (0.75 + (yield* Random.next) / 2))
  }).pipe(Effect.forever)

  return { run, hearsay: () => hearsay }
})

const heard = (answers: ReadonlyArray<JoinAnswer>): Hearsay => {
  // The leader knows best; of the others, one that knows a leader.
  const best =
    answers.find(({ wanted }) => wanted !== undefined) ??
    answers.find(({ leader }) => leader !== undefined) ??
    answers.find(({ members }) => members.length > 0)
  return { leader: best?.leader, members: best?.members ?? [], wanted: best?.wanted }
}
