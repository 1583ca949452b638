/**
 * The bytes of a message between nodes: version, kind, sender, receiver, term, and what the kind carries.
 * The frame around it, with its length and the id of the cloud, is the shell's.
 *
 * Every message has one form, and only that form is accepted. What nodes of this version never send is
 * `Malformed`; whether a message makes sense is for `step` to find out.
 */
import type { App, Message } from "../Message.ts"
import type { IncarnationId } from "../IncarnationId.ts"
import type { Term } from "../LogIndex.ts"
import { entriesSize, readEntries, writeEntries } from "./EntryCodec.ts"
import type { Malformed } from "./Malformed.ts"
import { Reader } from "./Reader.ts"
import { readSnapshot, writeSnapshot } from "./SnapshotCodec.ts"
import { Writer } from "./Writer.ts"

const version = 1

/** The number of a kind is its place: new kinds come last. */
const tags = [
  "App",
  "AppResp",
  "Heartbeat",
  "HeartbeatResp",
  "Vote",
  "VoteResp",
  "PreVote",
  "PreVoteResp",
  "Snap",
  "TimeoutNow",
  "TransferLeader",
  "ReadIndex",
  "ReadIndexResp"
] as const satisfies ReadonlyArray<Message["_tag"]>

/**
 * @category constructors
 * @since 0.1.0
 */
export const encodeMessage = (message: Message): Uint8Array => {
  const writer = new Writer(128 + (message._tag === "App" ? entriesSize(message.entries) : 0))
  writer.byte(version)
  writer.byte(tags.indexOf(message._tag))
  writer.text(message.from)
  writer.text(message.to)
  writer.number(message.term)
  writeBody(writer, message)
  return writer.finish()
}

/**
 * Never throws. The entries of an App are views of one copy of `bytes`: they keep each other in memory,
 * but not the buffer of a socket, which may be used again.
 *
 * @category constructors
 * @since 0.1.0
 */
export const decodeMessage = (bytes: Uint8Array): Message | Malformed => {
  const isApp = bytes[1] === tags.indexOf("App")
  const reader = new Reader(isApp ? new Uint8Array(bytes) : bytes)
  if (reader.byte() !== version) reader.fail("unknown version")
  const tag = tags[reader.choice(tags.length)]!
  const from = reader.text()
  const to = reader.text()
  const term = reader.number()
  return reader.finish(readBody(reader, tag, from, to, term))
}

const writeBody = (writer: Writer, message: Message): void => {
  switch (message._tag) {
    case "App":
      return writeApp(writer, message)
    case "AppResp":
      writer.number(message.index)
      writer.flag(message.hint !== undefined)
      if (message.hint === undefined) return
      writer.number(message.hint.index)
      return writer.number(message.hint.term)
    case "Heartbeat":
      writer.number(message.commit)
      return writer.number(message.read)
    case "HeartbeatResp":
      return writer.number(message.read)
    case "Vote":
    case "PreVote":
      writer.number(message.lastIndex)
      writer.number(message.lastTerm)
      writer.flag(message.transfer)
      writer.number(message.commit)
      return writer.number(message.commitTerm)
    case "VoteResp":
    case "PreVoteResp":
      writer.flag(message.granted)
      writer.number(message.commit)
      return writer.number(message.commitTerm)
    case "Snap":
      return writeSnapshot(writer, message.snapshot)
    case "TimeoutNow":
      return
    case "TransferLeader":
      return writer.text(message.transferee)
    case "ReadIndex":
      return writer.number(message.token)
    case "ReadIndexResp":
      writer.number(message.token)
      return writer.number(message.index)
  }
}

const writeApp = (writer: Writer, app: App): void => {
  writer.number(app.prevIndex)
  writer.number(app.prevTerm)
  writer.number(app.commit)
  writeEntries(writer, app.entries, app.prevIndex + 1, app.prevTerm)
}

const readBody = (
  reader: Reader,
  _tag: Message["_tag"],
  from: IncarnationId,
  to: IncarnationId,
  term: Term
): Message => {
  switch (_tag) {
    case "App":
      return readApp(reader, from, to, term)
    case "AppResp":
      return { _tag, from, to, term, index: reader.number(), hint: readHint(reader) }
    case "Heartbeat":
      return { _tag, from, to, term, commit: reader.number(), read: reader.number() }
    case "HeartbeatResp":
      return { _tag, from, to, term, read: reader.number() }
    case "Vote":
    case "PreVote":
      return { _tag, from, to, term, ...readCandidate(reader) }
    case "VoteResp":
    case "PreVoteResp":
      return { _tag, from, to, term, granted: reader.flag(), ...readCommitted(reader) }
    case "Snap":
      return { _tag, from, to, term, snapshot: readSnapshot(reader) }
    case "TimeoutNow":
      return { _tag, from, to, term }
    case "TransferLeader":
      return { _tag, from, to, term, transferee: reader.text() }
    case "ReadIndex":
      return { _tag, from, to, term, token: reader.number() }
    case "ReadIndexResp":
      return { _tag, from, to, term, token: reader.number(), index: reader.number() }
  }
}

const readCommitted = (reader: Reader) => ({
  commit: reader.number(),
  commitTerm: reader.number()
})

const readApp = (reader: Reader, from: IncarnationId, to: IncarnationId, term: Term): App => {
  const prevIndex = reader.number()
  const prevTerm = reader.number()
  const commit = reader.number()
  const entries = readEntries(reader, prevIndex + 1, prevTerm)
  return { _tag: "App", from, to, term, prevIndex, prevTerm, entries, commit }
}

const readHint = (reader: Reader) =>
  reader.flag() ? { index: reader.number(), term: reader.number() } : undefined

const readCandidate = (reader: Reader) => ({
  lastIndex: reader.number(),
  lastTerm: reader.number(),
  transfer: reader.flag(),
  ...readCommitted(reader)
})
