/** What one `take` gave out, in the form that the reference calls a Ready. */
import type { Entry } from "../../../src/Entry.ts"
import type { HardState } from "../../../src/HardState.ts"
import type { Message } from "../../../src/Message.ts"
import type { Output } from "../../../src/Output.ts"
import type { State } from "../../../src/State.ts"
import {
  describeCommit,
  describeEntries,
  describeEntry,
  describeHardState,
  describeHead,
  describeRole,
  describeSnapshot
} from "./describe.ts"
import { type Mail, answerToSelf, applied, mailOf, stored } from "./Mail.ts"
import type { TracedNode, Work } from "./TracedNode.ts"

export interface Ready {
  /** Only what is new since the last one. */
  readonly status: Output["status"]
  readonly hardState: HardState | undefined
  readonly mustSync: boolean
  readonly reads: Output["reads"]
  readonly refused: Output["refused"]
  readonly persist: Output["persist"]
  readonly answersToSelf: ReadonlyArray<Message>
  readonly commits: ReadonlyArray<Entry>
  readonly messages: ReadonlyArray<Message>
  readonly forwards: ReadonlyArray<Mail>
}

/** What the node tells itself once `batch` is durable; it never leaves the core. */
export const answersOf = (state: State, batch: number): ReadonlyArray<Message> =>
  state.underWay.find((under) => under.batch === batch)?.answersToSelf ?? []

export const hasContent = (ready: Ready): boolean =>
  ready.status !== undefined ||
  ready.reads.length > 0 ||
  ready.refused.length > 0 ||
  ready.persist !== undefined ||
  ready.commits.length > 0 ||
  ready.messages.length > 0 ||
  ready.forwards.length > 0

export const describeReady = (
  ready: Ready,
  mail: ReadonlyArray<Mail>,
  work: ReadonlyArray<Work>
): string => {
  const { commits, hardState, persist, reads, refused, status } = ready
  const entries = persist?.entries ?? []
  const sent = [...mail.map(({ text }) => text), ...work.map(describeWork)]
  return [
    `Ready MustSync=${ready.mustSync}:`,
    ...(status === undefined
      ? []
      : [`Lead:${status.leader ?? 0} State:${describeRole(status.role)}`]),
    ...(hardState === undefined ? [] : [`HardState ${describeHardState(hardState)}`]),
    ...reads.map(({ index, token }) => `Read:${token} Index:${index}`),
    ...refused.map(({ reason, token }) => `Read:${token} Refused:${reason}`),
    ...(entries.length === 0 ? [] : ["Entries:", ...entries.map(describeEntry)]),
    ...(persist?.snapshot === undefined ? [] : [`Snapshot ${describeSnapshot(persist.snapshot)}`]),
    ...(commits.length === 0 ? [] : ["CommittedEntries:", ...commits.map(describeEntry)]),
    ...(sent.length === 0 ? [] : ["Messages:", ...sent])
  ].join("\n")
}

/** Threads send the promises themselves, when they have kept them. */
export const mailOfReady = (ready: Ready, isAsync: boolean): ReadonlyArray<Mail> => [
  ...ready.messages.map(mailOf),
  ...ready.forwards,
  ...(isAsync ? [] : (ready.persist?.afterPersist ?? []).map(mailOf))
]

/** The write of a Ready, for the thread of the storage. */
export const appendWorkOf = (node: TracedNode, ready: Ready): Work | undefined => {
  const { hardState, persist } = ready
  if (persist === undefined) return undefined
  const { batch, entries, snapshot } = persist
  const { log, term } = node.view
  const answers = ready.answersToSelf.map((message) => answerToSelf(message, batch))
  // Without unstable entries the reference asks for no answer, and names no place.
  const place = node.hasUnstable
    ? { index: log.lastIndex, logTerm: log.lastTerm }
    : { index: 0, logTerm: 0 }
  const wantsAnswer = node.hasUnstable || snapshot !== undefined
  const reports = wantsAnswer ? [stored(node.id, batch, term, place, snapshot)] : []
  const { commit, vote } = hardState ?? { commit: 0, vote: undefined }
  const head = describeHead(node.id, "AppendThread", "MsgStorageAppend", hardState?.term ?? 0)
  const voted = vote === undefined ? "" : ` Vote:${vote}`
  const offered = snapshot === undefined ? "" : `\n  Snapshot: ${describeSnapshot(snapshot)}`
  return {
    text: `${head}${describeCommit(commit)}${voted}${describeEntries(entries)}${offered}`,
    run: () => {
      node.disk.write(persist)
      if (answers.length + reports.length === 0) node.confirmInOrder(batch)
    },
    responses: [...persist.afterPersist.map(mailOf), ...answers, ...reports]
  }
}

/** The committed entries of a Ready, for the thread of the state machine. */
export const applyWorkOf = (node: TracedNode, { commits }: Ready): Work | undefined => {
  if (commits.length === 0) return undefined
  const head = describeHead(node.id, "ApplyThread", "MsgStorageApply", 0)
  return {
    text: `${head}${describeEntries(commits)}`,
    run: () => {},
    responses: [applied(node.id, commits)]
  }
}

/** With what the thread will send, indented below. */
const describeWork = ({ responses, text }: Work): string =>
  responses.length === 0
    ? text
    : `${text} Responses:[\n${responses.map((mail) => indented(mail.text)).join("\n")}\n]`

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n")
