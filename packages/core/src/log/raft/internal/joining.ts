import { founding, joining, type Restored } from "@distri/raft/Restored"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
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
/** How long an answer may take, and how long it counts. */
const answerMaxMs = 3000
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
 * Finds the log of the cloud, and lets the leader know of this node as long as it is no member. A member
 * asks too while it knows no leader, since nobody may be there.
 *
 * A cloud is founded by the node with the first address, once every node it was told of has answered
 * and none has a log: so never because somebody could not be reached. Everybody else waits for it.
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly cluster: ClusterId
  readonly id: string
  readonly durability: JoinQuestion["durability"]
  readonly votersMax: number
  readonly peers: RaftPeers["Service"]
  readonly core: () => Core | undefined
  readonly begin: (log: LogId, restored: Restored) => Effect.Effect<void>
  readonly isLeaving: () => boolean
  readonly nowMs: () => number
}) {
  const { begin, cluster, core, durability, id, isLeaving, nowMs, peers, votersMax } = options
  const random = yield* SecureRandom.SecureRandom
  const warn = makeWarn(nowMs)
  // Who leaves serves on for a while, and still has to know where the log is.
  const question = (): JoinQuestion => ({
    cluster,
    id,
    durability,
    ...(isLeaving() && { leaves: true })
  })
  const survey = yield* makeSurvey(peers, question, nowMs)
  let hearsay: Hearsay = { leader: undefined, members: [], wanted: undefined }
  /** When all refused for the first time in a row, and for the last. */
  let refusedMs: readonly [number, number] | undefined

  const round = Effect.gen(function* () {
    const known = yield* peers.known
    const { answers, isRefused, silent } = yield* survey(known)
    hearsay = heard(answers)
    // No answer in time is no sign that nobody is there, nor is a time in which nobody was asked.
    refusedMs = isRefused ? [refusedMs?.[0] ?? nowMs(), nowMs()] : undefined
    const own = core()
    if (own !== undefined) {
      const other = answers.find(({ log }) => log !== undefined && log !== own.log)
      if (other !== undefined) return yield* warn(beganAnew(other))
      const isLed = own.follows || hearsay.leader !== undefined
      return yield* isLed ? Effect.void : warn(leaderless(silent, durability))
    }
    if (isLeaving()) return undefined
    const unlike = answers.find((answer) => answer.durability !== durability)
    if (unlike !== undefined) return yield* warn(keepsOtherwise(unlike, durability))
    const found = logOf(answers)
    if (found !== undefined) return yield* begin(found, joining)
    const isFirst = known.every((other) => nodeOf(id) < other)
    const isNew = answers.every(({ log }) => log === undefined)
    if (isFirst && isNew && silent.length === 0) return yield* foundCloud(answers)
    yield* warn(isFirst ? waitsToFound(silent) : waitsToJoin(silent))
  })

  const foundCloud = Effect.fnUntraced(function* (others: ReadonlyArray<JoinAnswer>) {
    const logId = LogId.make(yield* random.uuidV4())
    const wanted = votersWanted(others.length + 1, votersMax)
    const ids = others.map((other) => other.id).toSorted()
    const voters = [id, ...ids.slice(0, wanted - 1)]
    yield* begin(logId, founding(withVoters(voters)))
    // A cloud of one is no news to whoever started it.
    const log = others.length === 0 ? Effect.logDebug : Effect.logInfo
    yield* log(`this node has founded the cloud "${cluster}"; ${voters.join(", ")} vote`)
  })

  const isMember = () => {
    const found = core()
    if (found === undefined || !found.follows) return false
    const { learners, voters } = found.view.configuration
    return voters.includes(id) || learners.includes(id)
  }

  const run = Effect.gen(function* () {
    if (isMember() && !isLeaving() && core()?.view.leader !== undefined) refusedMs = undefined
    else yield* round
    const pauseMs = core() === undefined ? askEveryMs : presentEveryMs
    // Never in step with others that began at the same moment.
    yield* Effect.sleep(pauseMs * (0.75 + (yield* Random.next) / 2))
  }).pipe(Effect.forever)

  const isAlone = () => refusedMs !== undefined && refusedMs[1] - refusedMs[0] >= aloneAfterMs
  return { run, hearsay: () => hearsay, isAlone }
})

interface Asked {
  readonly answer: Result.Result<JoinAnswer, unknown>
  readonly atMs: number
}

/**
 * Asks every node, each as often as it answers, and reads what they said lately. One that does not
 * answer holds up nobody.
 */
const makeSurvey = Effect.fnUntraced(function* (
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
      underWay.add(node)
      quiet.closeUnsafe()
      return peers.call(node)(JoinLog, question())
    }).pipe(
      Effect.timeoutOption(answerMaxMs),
      Effect.flatMap((answer) => Effect.fromOption(answer)),
      Effect.result,
      Effect.map((answer) => {
        asked.set(node, { answer, atMs: nowMs() })
        underWay.delete(node)
        if (underWay.size === 0) quiet.openUnsafe()
      })
    )

  return Effect.fnUntraced(function* (nodes: ReadonlyArray<string>) {
    const free = nodes.filter((node) => !underWay.has(node))
    yield* Effect.forEach(free, (node) => Effect.forkIn(ask(node), scope), { discard: true })
    if (nodes.length > 0) {
      yield* Effect.yieldNow
      yield* Effect.timeoutOption(quiet.await, askEveryMs)
    }
    const recent = nodes.flatMap((node) => {
      const last = asked.get(node)
      return last === undefined || nowMs() - last.atMs > answerMaxMs ? [] : [{ node, ...last }]
    })
    const answers = recent.flatMap(({ answer }) =>
      Result.isSuccess(answer) ? [answer.success] : []
    )
    const answering = new Set(
      recent.flatMap(({ answer, node }) => (Result.isSuccess(answer) ? [node] : []))
    )
    return {
      answers,
      silent: nodes.filter((node) => !answering.has(node)),
      /** Nothing is there at all. */
      isRefused: recent.length === nodes.length && recent.every(({ answer }) => isRefused(answer))
    }
  })
})

/** The log to join. Where they speak of several, the one that has a leader. */
const logOf = (answers: ReadonlyArray<JoinAnswer>): LogId | undefined => {
  const logs = new Set(answers.flatMap(({ log }) => (log === undefined ? [] : [log])))
  if (logs.size === 1) return Array.from(logs)[0]
  return answers.find(({ leader, log }) => log !== undefined && leader !== undefined)?.log
}

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

const keepsOtherwise = ({ id, durability: theirs }: JoinAnswer, ours: string) =>
  `${nodeOf(id)} keeps its log ${place(theirs)}, and this node ${place(ours)}; give all nodes of a cloud a folder for data, or none`

const place = (durability: string) => (durability === "memory" ? "in memory" : "on disk")

const leaderless = (silent: ReadonlyArray<string>, durability: string) =>
  `no node leads the log now; ${
    silent.length > 0
      ? `${silent.join(", ")} did not answer: start them again`
      : durability === "memory"
        ? "if this lasts, too many memories are gone, and only a restart of all nodes begins anew"
        : "if this lasts, too many disks are gone: put them back"
  }`

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
