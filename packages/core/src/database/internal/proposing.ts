import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { recall, unremembered } from "@distri/store/apply/exactlyOnce"
import { type Command, language, type Operation, type Sender } from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { commandMaxBytes } from "@distri/store/command/Limits"
import { Refusal, type Refused } from "@distri/store/command/Refusal"
import type { Result as Outcome, Written } from "@distri/store/command/Result"
import type { State } from "@distri/store/state/State"
import type { LogIndex } from "@distri/store/value/LogIndex"
import { Ambiguous, TooLarge } from "../../log/ReplicatedLog.ts"
import { canGoElsewhere, hopeMs, inTimeMs } from "./patience.ts"
import type { WriteError } from "../DatabaseError.ts"
import * as Appending from "./appending.ts"
import type * as Replica from "./replica.ts"

/** Puts operations into the log, and waits for what they come to on `copy`. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  limits: Appending.Limits
) {
  const placed = yield* Appending.make(copy, limits)

  /** What the entry at `index` came to, once `copy` has it. */
  const resultOf = (state: State, at: LogIndex, proposal: Appending.Proposal, inDoubt: boolean) =>
    answer(copy.resultAt(at) ?? recall(state, proposal.command.sender), proposal.id, inDoubt)

  const one = Effect.fnUntraced(function* (
    operation: Operation,
    sender: Sender,
    id: string,
    timeout: Duration.Input,
    from: Appending.Caller
  ): Effect.fn.Return<Written, WriteError> {
    yield* copy.running
    const caller = inTime(from, timeout)
    const proposal = yield* Effect.fromResult(encoded({ language, sender, operation }, id))
    const { inDoubt, place } = yield* placed(proposal, timeout, caller)
    if (typeof place !== "number") return yield* Effect.fromResult(answer(place, id))
    // It is in the log, so from here on a failure says nothing about the write.
    const after = yield* Effect.mapError(
      appliedFor(copy, caller, place, timeout),
      () => new Ambiguous({ id })
    )
    return yield* Effect.fromResult(resultOf(after, place, proposal, inDoubt))
  })

  const all = Effect.fnUntraced(function* (
    proposals: ReadonlyArray<Appending.Proposal>,
    timeout: Duration.Input
  ): Effect.fn.Return<ReadonlyArray<Result.Result<Written, WriteError>>, WriteError> {
    yield* copy.running
    const caller = inTime("afar", timeout)
    const places = yield* Effect.forEach(
      proposals,
      (proposal) => Effect.result(placed(proposal, timeout, caller)),
      { concurrency: "unbounded" }
    )
    let last = 0
    for (const each of places)
      if (Result.isSuccess(each) && typeof each.success.place === "number")
        last = Math.max(last, each.success.place)
    yield* Effect.ignore(appliedFor(copy, caller, last as LogIndex, timeout))
    const after = copy.current()
    return places.map((each, at): Result.Result<Written, WriteError> => {
      if (Result.isFailure(each)) return Result.fail(each.failure)
      const { inDoubt, place } = each.success
      const proposal = proposals[at]!
      if (typeof place !== "number") return answer(place, proposal.id)
      return place <= after.index
        ? resultOf(after, place, proposal, inDoubt)
        : Result.fail(new Ambiguous({ id: proposal.id }))
    })
  })

  return {
    /** Proposes on behalf of `sender`, and gives up after `timeout`. */
    one: (...asked: Parameters<typeof one>) => {
      const [, , id, timeout] = asked
      return Effect.timeoutOrElse(one(...asked), {
        duration: inTimeMs(timeout),
        orElse: () => Effect.fail(new Ambiguous({ id }))
      })
    },
    /** Proposes all at once, for a caller from afar, and says what each came to. */
    all: (proposals: ReadonlyArray<Appending.Proposal>, timeout: Duration.Input) =>
      Effect.timeoutOrElse(all(proposals, timeout), {
        duration: inTimeMs(timeout),
        orElse: () => Effect.succeed(proposals.map(({ id }) => Result.fail(new Ambiguous({ id }))))
      })
  }
})

type Copy = Pick<Effect.Success<ReturnType<typeof Replica.make>>, "applied" | "current">

/** The copy once it has `index`, or a failure as soon as its caller is better off elsewhere. */
const appliedFor = (
  copy: Copy,
  caller: Appending.Caller,
  index: LogIndex,
  timeout: Duration.Input
) => {
  const applied = copy.applied(index)
  return caller === "inside"
    ? applied
    : Effect.raceFirst(applied, standsStill(copy, hopeMs(timeout)))
}

/** Fails once the copy has not moved for so long: the disk of this node may hang. */
const standsStill = (copy: Copy, ms: number): Effect.Effect<never, Cause.TimeoutError> =>
  Effect.suspend(() => {
    const { index } = copy.current()
    const look = Effect.suspend(() =>
      copy.current().index === index ? Effect.fail(new Cause.TimeoutError()) : standsStill(copy, ms)
    )
    return Effect.andThen(Effect.sleep(ms), look)
  })

/** Who has no time to go elsewhere is as well off as who cannot. */
const inTime = (caller: Appending.Caller, timeout: Duration.Input): Appending.Caller =>
  canGoElsewhere(timeout) ? caller : "inside"

const encoded = (command: Command, id: string): Result.Result<Appending.Proposal, WriteError> => {
  const data = CommandCodec.encode(command)
  // What no node could read back would stop all of them, for good.
  return Result.map(decode(data), () => ({ id, command, data }))
}

/** The command of bytes that may go into the log. */
export const decode = (data: Uint8Array): Result.Result<Command, WriteError> => {
  if (data.length > commandMaxBytes)
    return Result.fail(new TooLarge({ bytes: data.length, maxBytes: commandMaxBytes }))
  const decoded = CommandCodec.decode(data)
  return decoded._tag === "Known"
    ? Result.succeed(decoded.command)
    : refusal({ _tag: "InvalidCommand", path: "", issue: decoded.issue })
}

const toRefusal = Schema.decodeSync(Refusal)
export const refusal = (refused: Refused) => Result.fail(toRefusal(refused))

/** `inDoubt`: an earlier attempt may have run. */
const answer = (
  outcome: Outcome | undefined,
  id: string,
  inDoubt = false
): Result.Result<Written, WriteError> => {
  if (outcome === undefined) return Result.fail(new Ambiguous({ id }))
  // It says that this attempt did not run, and nothing of the one before.
  if (inDoubt && unremembered.includes(outcome._tag)) return Result.fail(new Ambiguous({ id }))
  return outcome._tag === "Written" ? Result.succeed(outcome) : refusal(outcome)
}
