import { founding, joining, type Restored } from "@distri/raft/Restored"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type { JoinAnswer, JoinQuestion } from "../../../service/LogServices.ts"
import { type ClusterId, LogId } from "../../ReplicatedLog.ts"
import type { RaftPeers } from "../../RaftPeers.ts"
import { nodeOf, votersWanted } from "../pure/Membership.ts"
import type { Core } from "./core.ts"
import { Forsaken, holds } from "./forsaken.ts"
import { Kindred } from "./kindred.ts"
import * as Survey from "./survey.ts"

/** A node that has not found its cloud asks so often; one that only is no member, less. */
const askEveryMs = 150
const presentEveryMs = 500
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

interface Options {
  readonly cluster: ClusterId
  readonly id: string
  readonly durability: JoinQuestion["durability"]
  readonly votersMax: number
  readonly peers: RaftPeers["Service"]
  readonly core: () => Core | undefined
  readonly begin: (log: LogId, restored: Restored) => Effect.Effect<void>
  /** False: something of the log has come meanwhile. */
  readonly giveUp: Effect.Effect<boolean>
  readonly isLeaving: () => boolean
  readonly nowMs: () => number
}

/**
 * Finds the log of the cloud, and lets the leader know of this node as long as it is no member. A member
 * asks too while it knows no leader, since nobody may be there.
 *
 * A cloud is founded by the node with the first address, once every node it was told of has answered
 * and none has a log: so never because somebody could not be reached. Everybody else waits for it,
 * and joins a log when it hears from one that has something of it. So a founder in memory that is gone
 * before others have its log leaves nothing behind but its name, which all then give up for good.
 */
export const make = Effect.fnUntraced(function* (options: Options) {
  const { begin, cluster, core, durability, giveUp, id, isLeaving, nowMs, peers } = options
  const random = yield* SecureRandom.SecureRandom
  const warn = makeWarn(nowMs)
  // Who leaves serves on for a while, and still has to know where the log is.
  const question = (): JoinQuestion => ({
    cluster,
    id,
    durability,
    ...(core()?.isEmpty === false && { log: LogId.make(core()!.log) }),
    ...(isLeaving() && { leaves: true })
  })
  const survey = yield* Survey.make(peers, question, nowMs)
  const forsaken = new Forsaken()
  const kindred = new Kindred()
  /** Never joined again: a vote that was given in one is forgotten. */
  const givenUp = new Set<LogId>()
  let hearsay: Hearsay = heard([])
  /** When all refused for the first time in a row, and for the last. */
  let refusedMs: readonly [number, number] | undefined

  const round = Effect.gen(function* () {
    const known = yield* peers.known
    const said = yield* survey(known)
    const { answers, isRefused, silent } = said
    const own = core()
    const empty = own?.isEmpty === true ? LogId.make(own.log) : undefined
    const found = own === undefined ? logOf(answers, givenUp) : empty
    const isSucceeded = own !== undefined && !own.isEmpty && kindred.haveLeft(own, answers)
    // Who has something of a log, or copies it, takes nothing from another one.
    const followed = isSucceeded ? undefined : (found ?? own?.log)
    hearsay = heard(
      followed === undefined ? answers : answers.filter(({ log }) => log === followed)
    )
    if (!isSucceeded) kindred.know(hearsay.members)
    // No answer in time is no sign that nobody is there, nor is a time in which nobody was asked.
    refusedMs = isRefused ? [refusedMs?.[0] ?? nowMs(), nowMs()] : undefined
    if (forsaken.look(durability === "memory" ? empty : undefined, said, nowMs())) {
      if (yield* giveUp) givenUp.add(empty!)
      return yield* Effect.logWarning(foundedInVain)
    }
    if (own !== undefined) {
      const other = answers.find(({ log }) => log !== undefined && log !== own.log)
      if (other !== undefined) return yield* warn(isSucceeded ? beganAnew(other) : isForeign(other))
      const isLed = own.follows || hearsay.leader !== undefined
      return yield* isLed ? Effect.void : warn(leaderless(silent, durability))
    }
    if (isLeaving()) return undefined
    const unlike = answers.find((answer) => answer.durability !== durability)
    if (unlike !== undefined) return yield* warn(keepsOtherwise(unlike, durability))
    if (found !== undefined) return yield* begin(found, joining)
    const isFirst = known.every((other) => nodeOf(id) < other)
    const isNew = answers.every(({ log }) => log === undefined)
    if (isFirst && isNew && silent.length === 0) return yield* foundCloud(options, random, answers)
    yield* warn(isFirst ? waitsToFound(silent) : waitsToJoin(silent))
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

const foundCloud = Effect.fnUntraced(function* (
  { begin, cluster, id, votersMax }: Options,
  random: typeof SecureRandom.SecureRandom.Service,
  others: ReadonlyArray<JoinAnswer>
) {
  const logId = LogId.make(yield* random.uuidV4())
  const wanted = votersWanted(others.length + 1, votersMax)
  const ids = others.map((other) => other.id).toSorted()
  const voters = [id, ...ids.slice(0, wanted - 1)]
  yield* begin(logId, founding(withVoters(voters)))
  // A cloud of one is no news to whoever started it.
  const log = others.length === 0 ? Effect.logDebug : Effect.logInfo
  yield* log(`this node has founded the cloud "${cluster}"; ${voters.join(", ")} vote`)
})

/** The log to join. Where they speak of several, the one that has a leader. */
const logOf = (
  answers: ReadonlyArray<JoinAnswer>,
  givenUp: ReadonlySet<LogId>
): LogId | undefined => {
  const able = answers.filter(({ log }) => log !== undefined && !givenUp.has(log))
  const held = able.filter((answer) => holds(answer, answer.log!))
  const logs = new Set(held.map(({ log }) => log))
  return logs.size === 1 ? held[0]!.log : held.find(({ leader }) => leader !== undefined)?.log
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

const foundedInVain =
  "the node that founded the cloud is gone, and no other has anything of its log; the cloud is founded anew"

/** A log that is on a disk is never given up by itself. */
const toFollow =
  "restart this node to follow it, with another folder if it has one (data): what only this node holds stays in the old one"

/** After a cloud in memory was started anew, who slept through it follows a log that is gone. */
const beganAnew = ({ id }: JoinAnswer) =>
  `${nodeOf(id)} has another log than this node: the cloud began anew; ${toFollow}`

const isForeign = ({ id }: JoinAnswer) =>
  `${nodeOf(id)} has another log than this node: if it belongs to another cloud, give one of the two another name (cluster); if this node's cloud began anew, ${toFollow}`

const heard = (answers: ReadonlyArray<JoinAnswer>): Hearsay => {
  // The leader knows best; of the others, one that knows a leader.
  const best =
    answers.find(({ wanted }) => wanted !== undefined) ??
    answers.find(({ leader }) => leader !== undefined) ??
    answers.find(({ members }) => members.length > 0)
  return { leader: best?.leader, members: best?.members ?? [], wanted: best?.wanted }
}
