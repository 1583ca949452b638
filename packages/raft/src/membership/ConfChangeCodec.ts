/**
 * The bytes of a change of membership, as they lie in the log. They outlive the version that wrote them,
 * so the first byte is the version of the form.
 */
import { Reader } from "../wire/Reader.ts"
import { Writer } from "../wire/Writer.ts"
import type { ConfChange, ConfChangeStep } from "./ConfChange.ts"

const version = 1
const transitions = ["Auto", "JointImplicit", "JointExplicit"] as const
const kinds = ["AddVoter", "AddLearner", "Remove"] as const

export const encodeChange = (change: ConfChange): Uint8Array => {
  const writer = new Writer(8 + 32 * change.changes.length)
  writer.byte(version)
  writer.byte(transitions.indexOf(change.transition))
  writer.number(change.changes.length)
  for (const { kind, node } of change.changes) {
    writer.byte(kinds.indexOf(kind))
    writer.text(node)
  }
  return writer.finish()
}

/** Undefined where the bytes are not those of a change. */
export const decodeChange = (bytes: Uint8Array): ConfChange | undefined => {
  const reader = new Reader(bytes)
  if (reader.byte() !== version) return undefined
  const transition = transitions[reader.choice(transitions.length)]!
  const changes: Array<ConfChangeStep> = []
  for (let left = reader.count(2); left > 0; left--) {
    changes.push({ kind: kinds[reader.choice(kinds.length)]!, node: reader.text() })
  }
  return reader.remaining === 0 && reader.problem === undefined
    ? { transition, changes }
    : undefined
}
