import * as fc from "fast-check"
import type { Entry } from "../../src/Entry.ts"
import { compareIds } from "../../src/IncarnationId.ts"
import type { Configuration } from "../../src/membership/Configuration.ts"
import type { Message } from "../../src/Message.ts"
import type { SnapshotMeta } from "../../src/SnapshotMeta.ts"
import type { Stored } from "../../src/wire/RecordCodec.ts"
import { anyText } from "./strings.ts"

export const runs = (few: number) => ({ numRuns: Number(process.env["RUNS"] ?? few) })

const max = Number.MAX_SAFE_INTEGER

/** Numbers of all lengths, and those where the length changes. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.nat({ max: 300 }),
  fc.maxSafeNat(),
  fc
    .tuple(fc.nat({ max: 53 }), fc.integer({ min: -1, max: 1 }))
    .map(([bits, more]) => Math.min(max, Math.max(0, 2 ** bits + more)))
)

const anyData = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.nat({ max: 300 }).map((length) => new Uint8Array(length).fill(7))
)

/** Entries from `first` on, as a log holds them: terms and times do not fall, nothing is above 2^53 - 1. */
const entriesFrom = (first: number, term: number): fc.Arbitrary<ReadonlyArray<Entry>> =>
  fc
    .tuple(
      anyNumber,
      fc.array(
        fc.record({
          kind: fc.constantFrom("command", "confChange", "noop"),
          term: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, anyNumber),
          time: fc.nat({ max: 1000 }),
          data: anyData
        }),
        { maxLength: 5 }
      )
    )
    .map(([time, steps]) => {
      let last = { term, time }
      return steps.slice(0, Math.max(0, max - first + 1)).map((step, at): Entry => {
        last = {
          term: Math.min(max, last.term + step.term),
          time: Math.min(max, last.time + step.time)
        }
        return { ...last, index: first + at, kind: step.kind, data: step.data }
      })
    })

const anyIds = fc
  .uniqueArray(anyText, { maxLength: 4 })
  .map((ids) => ids.toSorted((left, right) => compareIds(left, right)))

const anyConfiguration: fc.Arbitrary<Configuration> = fc.record({
  voters: anyIds,
  votersOutgoing: anyIds,
  learners: anyIds,
  learnersNext: anyIds,
  autoLeave: fc.boolean()
})

export const anySnapshot: fc.Arbitrary<SnapshotMeta> = fc.record({
  index: anyNumber,
  term: anyNumber,
  time: anyNumber,
  configuration: anyConfiguration,
  reference: anyText,
  bytes: anyNumber,
  digest: anyText
})

const envelope = { from: anyText, to: anyText, term: anyNumber }

const anyApp = fc
  .record({ ...envelope, prevIndex: anyNumber, prevTerm: anyNumber, commit: anyNumber })
  .chain((app) =>
    entriesFrom(app.prevIndex + 1, app.prevTerm).map((entries): Message => ({
      _tag: "App",
      ...app,
      entries
    }))
  )

/** One arbitrary for each kind of message. */
export const messages: Record<Message["_tag"], fc.Arbitrary<Message>> = {
  App: anyApp,
  AppResp: fc.record({
    _tag: fc.constant("AppResp"),
    ...envelope,
    index: anyNumber,
    hint: fc.option(fc.record({ index: anyNumber, term: anyNumber }), { nil: undefined })
  }),
  Heartbeat: fc.record({
    _tag: fc.constant("Heartbeat"),
    ...envelope,
    commit: anyNumber,
    read: anyNumber
  }),
  HeartbeatResp: fc.record({ _tag: fc.constant("HeartbeatResp"), ...envelope, read: anyNumber }),
  Vote: voteOf("Vote"),
  PreVote: voteOf("PreVote"),
  VoteResp: answerOf("VoteResp"),
  PreVoteResp: answerOf("PreVoteResp"),
  Snap: fc.record({ _tag: fc.constant("Snap"), ...envelope, snapshot: anySnapshot }),
  TimeoutNow: fc.record({ _tag: fc.constant("TimeoutNow"), ...envelope }),
  TransferLeader: fc.record({
    _tag: fc.constant("TransferLeader"),
    ...envelope,
    transferee: anyText
  }),
  ReadIndex: fc.record({ _tag: fc.constant("ReadIndex"), ...envelope, token: anyNumber }),
  ReadIndexResp: fc.record({
    _tag: fc.constant("ReadIndexResp"),
    ...envelope,
    token: anyNumber,
    index: anyNumber
  })
}

function voteOf(tag: "Vote" | "PreVote"): fc.Arbitrary<Message> {
  return fc.record({
    _tag: fc.constant(tag),
    ...envelope,
    lastIndex: anyNumber,
    lastTerm: anyNumber,
    transfer: fc.boolean(),
    commit: anyNumber,
    commitTerm: anyNumber
  })
}

function answerOf(tag: "VoteResp" | "PreVoteResp"): fc.Arbitrary<Message> {
  return fc.record({
    _tag: fc.constant(tag),
    ...envelope,
    granted: fc.boolean(),
    commit: anyNumber,
    commitTerm: anyNumber
  })
}

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values(messages))

const anyRun = fc
  .tuple(
    anyNumber.map((first) => Math.max(1, first)),
    anyNumber
  )
  .chain(([first, term]) => entriesFrom(first, term))

export const anyEntry: fc.Arbitrary<Entry> = anyRun
  .filter((entries) => entries.length > 0)
  .map((entries) => entries[0]!)

export const anyHardState = fc.record({
  term: anyNumber,
  vote: fc.option(anyText, { nil: undefined }),
  commit: anyNumber
})

export const anyStored: fc.Arbitrary<Stored> = fc.record({
  hardState: anyHardState,
  truncateFrom: fc.option(anyNumber, { nil: undefined }),
  entries: anyRun,
  snapshot: fc.option(anySnapshot, { nil: undefined })
})

/** Valid bytes with one to four places changed, and at times cut or prolonged. */
export const damaged = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      valid,
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 127, 128))), {
        minLength: 1,
        maxLength: 4
      }),
      fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 }))
    )
    .map(([bytes, changes, more]) => {
      const result = new Uint8Array(Math.max(1, bytes.length + more))
      result.set(bytes.subarray(0, result.length))
      for (const [at, value] of changes) result[at % result.length] = value
      return result
    })
