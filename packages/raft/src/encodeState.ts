/**
 * Writes down all that a node knows, so that two runs can be compared after every event (RA17). Equal
 * states give equal bytes, whatever way led to them: what has no order of its own is sorted by id.
 *
 * The configuration of the node is left out, for it never changes. Nothing reads these bytes back.
 */
import type { HardState } from "./HardState.ts"
import { compareIds, type IncarnationId } from "./IncarnationId.ts"
import type { Log } from "./log/Log.ts"
import type { Message } from "./Message.ts"
import type { Progress } from "./progress/Progress.ts"
import type { Tracker } from "./progress/Tracker.ts"
import type { PendingRead, ReadQueue } from "./reading/ReadQueue.ts"
import type { SnapshotMeta } from "./SnapshotMeta.ts"
import type { State } from "./State.ts"
import type { Outbox } from "./storage/Outbox.ts"
import { writeEntries } from "./wire/EntryCodec.ts"
import { encodeMessage } from "./wire/MessageCodec.ts"
import { writeConfiguration, writeSnapshot } from "./wire/SnapshotCodec.ts"
import { Writer } from "./wire/Writer.ts"

export const encodeState = (state: State): Uint8Array => {
  const writer = new Writer(4096)
  writer.text(state.id)
  writer.text(state.role)
  writeHardState(writer, state.hardState)
  writeOptional(writer, state.leader, writeText)
  for (const number of [
    state.electionElapsed,
    state.heartbeatElapsed,
    state.randomizedElectionTicks,
    state.pendingConfIndex,
    state.uncommittedBytes,
    state.lastBatch,
    state.dropped
  ]) {
    writer.number(number)
  }
  writeOptional(writer, state.transferee, writeText)
  writeLog(writer, state.log)
  writeTracker(writer, state.tracker)
  writeReads(writer, state.reads)
  writeOutbox(writer, state.outbox)
  writeList(writer, state.underWay, (writer, { batch, answersToSelf }) => {
    writer.number(batch)
    writeList(writer, answersToSelf, writeMessage)
  })
  writeHardState(writer, state.handedHardState)
  writer.text(state.handedStatus.role)
  writeOptional(writer, state.handedStatus.leader, writeText)
  writer.number(state.handedStatus.term)
  return writer.finish()
}

type Write<A> = (writer: Writer, value: A) => void

const writeList = <A>(writer: Writer, values: ReadonlyArray<A>, write: Write<A>): void => {
  writer.number(values.length)
  for (const value of values) write(writer, value)
}

const writeOptional = <A>(writer: Writer, value: A | undefined, write: Write<A>): void => {
  writer.flag(value !== undefined)
  if (value !== undefined) write(writer, value)
}

const writeById = <A>(
  writer: Writer,
  values: ReadonlyMap<IncarnationId, A>,
  write: Write<A>
): void => {
  const sorted = [...values].toSorted(([left], [right]) => compareIds(left, right))
  writeList(writer, sorted, (writer, [id, value]) => {
    writer.text(id)
    write(writer, value)
  })
}

const writeText: Write<string> = (writer, text) => writer.text(text)
const writeNumber: Write<number> = (writer, number) => writer.number(number)
const writeFlag: Write<boolean> = (writer, flag) => writer.flag(flag)
const writeMessage: Write<Message> = (writer, message) => writer.data(encodeMessage(message))

const writeHardState: Write<HardState> = (writer, { term, vote, commit }) => {
  writer.number(term)
  writeOptional(writer, vote, writeText)
  writer.number(commit)
}

const writeLog: Write<Log> = (writer, log) => {
  const first = log.firstIndex
  const firstTerm = log.term(first - 1) ?? 0
  writer.number(first)
  writer.number(firstTerm)
  const entries = Array.from({ length: log.lastIndex - first + 1 }, (_, at) =>
    log.entry(first + at)!
  )
  writeEntries(writer, entries, first, firstTerm)
  writer.number(log.handedOut)
  writer.number(log.applied)
  writer.number(log.replacedTo)
  writeSnapshot(writer, log.snapshot)
  writeOptional(writer, log.pendingSnapshot, writeSnapshot)
  const { disk } = log
  writer.number(disk.durable)
  writer.number(disk.written)
  writeOptional(writer, disk.truncateFrom, writeNumber)
  writeOptional(writer, disk.snapshot, writeSnapshot)
  writeList(writer, disk.underWay, (writer, { batch, last, snapshot }) => {
    writer.number(batch)
    writer.number(last)
    writeOptional<SnapshotMeta>(writer, snapshot, writeSnapshot)
  })
}

const writeTracker: Write<Tracker> = (writer, tracker) => {
  writeConfiguration(writer, tracker.configuration)
  writeList(writer, tracker.progress, writeProgress)
  writeById(writer, tracker.votes, writeFlag)
}

const writeProgress: Write<Progress> = (writer, progress) => {
  writer.text(progress.id)
  writer.number(progress.match)
  writer.number(progress.next)
  writer.number(progress.sentCommit)
  writer.text(progress.state)
  writer.number(progress.pendingSnapshot)
  writer.flag(progress.recentActive)
  writer.flag(progress.isFlowPaused)
  writer.flag(progress.isLearner)
  writeList(writer, progress.inflights.messages(), (writer, { index, bytes }) => {
    writer.number(index)
    writer.number(bytes)
  })
}

const writeReads: Write<ReadQueue> = (writer, reads) => {
  const { waiting, confirmed, acknowledged } = reads.inspection
  writeList(writer, reads.held, writeRead)
  writer.flag(reads.needsRound)
  writeList(writer, waiting, (writer, read) => {
    writeRead(writer, read)
    writer.number(read.index)
  })
  writer.number(confirmed)
  writeById(writer, acknowledged, writeNumber)
}

const writeRead: Write<PendingRead> = (writer, { from, token }) => {
  writer.text(from)
  writer.number(token)
}

const writeOutbox: Write<Outbox> = (writer, outbox) => {
  writeList(writer, outbox.messages.items, writeMessage)
  writeList(writer, outbox.promises.items, writeMessage)
  writeList(writer, outbox.answersToSelf.items, writeMessage)
  writeList(writer, outbox.proposed.items, (writer, { token, first, last, term }) => {
    writer.number(token)
    writer.number(first)
    writer.number(last)
    writer.number(term)
  })
  writeList(writer, outbox.reads.items, (writer, { token, index }) => {
    writer.number(token)
    writer.number(index)
  })
  writeList(writer, outbox.refused.items, (writer, { token, leader, reason }) => {
    writer.number(token)
    writeOptional(writer, leader, writeText)
    writer.text(reason)
  })
}
