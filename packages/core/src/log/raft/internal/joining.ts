import { founding, joining, type Restored } from "@distri/raft/Restored"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { type JoinAnswer, JoinLog, type JoinQuestion } from "../../../service/LogServices.ts"
import { type ClusterId, LogId } from "../../ReplicatedLog.ts"
import { LinkFailed, type RaftPeers } from "../../RaftPeers.ts"
import { nodeOf, votersWanted } from "../pure/Membership.ts"
import type { Core } from "./core.ts"

/** A node that has not found its cloud asks so often; one that only is no member, less. */
const askEveryMs = 150
const presentEveryMs = 500
const answerMax = "3 seconds"
/** Where every address refused for so long, there is nobody to wait for. */
const aloneAfterMs = 2000
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
  const warn = makeWarn(nowMs)
  let hearsay: Hearsay = { leader: undefined, members: [], wanted: undefined }
  let answeredMs = nowMs()

  const round = Effect.gen(function* () {
    const known = yield* peers.known
    const asked = yield* askAll(peers, known, { cluster, id })
    const answers = asked.flatMap(({ answer }) =>
      Result.isSuccess(answer) ? [answer.success] : []
    )
    hearsay = heard(answers)
    // No answer in time is no sign that nobody is there.
    if (!asked.every(({ answer }) => isRefused(answer))) answeredMs = nowMs()
    const own = core()
    if (own !== undefined) {
      const other = answers.find(({ log }) => log !== undefined && log !== own.log)
      return yield* other === undefined ? Effect.void : warn(beganAnew(other))
    }
    const found = answers.find(({ log }) => log !== undefined)?.log
    if (found !== undefined) return yield* begin(found, joining)
    const isFirst = known.every((other) => nodeOf(id) < other)
    if (isFirst && answers.length === known.length) return yield* foundCloud(answers)
    const silent = asked.filter(({ answer }) => Result.isFailure(answer))
    const nodes = silent.map(({ node }) => node)
    yield* warn(isFirst ? waitsToFound(nodes) : waitsToJoin(nodes))
  })

  const foundCloud = Effect.fnUntraced(function* (others: ReadonlyArray<JoinAnswer>) {
    const log = LogId.make(yield* random.uuidV4())
    const wanted = votersWanted(others.length + 1, votersMax)
    const ids = others.map((other) => other.id).toSorted()
    const voters = [id, ...ids.slice(0, wanted - 1)]
    yield* begin(log, founding(withVoters(voters)))
    yield* Effect.logInfo(`this node has founded the cloud "${cluster}"; ${voters.join(", ")} vote`)
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

  const isAlone = () => nowMs() - answeredMs >= aloneAfterMs
  return { run, hearsay: () => hearsay, isAlone }
})

/** Each answers in its own time, or not at all. */
const askAll = (
  peers: RaftPeers["Service"],
  nodes: ReadonlyArray<string>,
  question: JoinQuestion
) =>
  Effect.forEach(
    nodes,
    (node) =>
      peers
        .call(node)(JoinLog, question)
        .pipe(
          Effect.timeoutOption(answerMax),
          Effect.flatMap((answer) => Effect.fromOption(answer)),
          Effect.result,
          Effect.map((answer) => ({ node, answer }))
        ),
    { concurrency: "unbounded" }
  )

/** Says why it takes so long: not at once, and not again and again. */
const makeWarn = (nowMs: () => number) => {
  let saidMs = nowMs()
  return (why: string) =>
    Effect.suspend(() => {
      if (nowMs() - saidMs < sayEveryMs) return Effect.void
      saidMs = nowMs()
      return Effect.logWarning(why)
    })
}

const waitsToFound = (silent: ReadonlyArray<string>) =>
  `this node founds the cloud once all that it was told of have answered; ${silent.join(", ")} did not`

const waitsToJoin = (silent: ReadonlyArray<string>) =>
  `this node looks for a cloud to join; ${silent.length === 0 ? "all answered that they look for one too, and the first of them founds it" : `${silent.join(", ")} did not answer`}`

/** After a cloud in memory was started anew, who slept through it follows a log that is gone. */
const beganAnew = ({ id }: JoinAnswer) =>
  `${nodeOf(id)} has another log than this node: the cloud began anew; restart this node to follow it`

const isRefused = (answer: Result.Result<JoinAnswer, unknown>): boolean =>
  Result.isFailure(answer) && answer.failure instanceof LinkFailed && !answer.failure.started

const heard = (answers: ReadonlyArray<JoinAnswer>): Hearsay => {
  // The leader knows best; of the others, one that knows a leader.
  const best =
    answers.find(({ wanted }) => wanted !== undefined) ??
    answers.find(({ leader }) => leader !== undefined) ??
    answers.find(({ members }) => members.length > 0)
  return { leader: best?.leader, members: best?.members ?? [], wanted: best?.wanted }
}
