/**
 * RA14, Raft §7: a machine that stands at a snapshot is the one that applied all entries up to there: the
 * same digest, and the same last command of each session. It is compared with nodes that did apply them.
 */
import type { LogIndex } from "@distri/raft/LogIndex"
import { decodeCommand } from "../Command.ts"
import type { Invariant, MachineView } from "../Invariant.ts"

/** Where a session's commands took effect, in order. */
interface Effects {
  readonly indexes: Array<LogIndex>
  readonly seqs: Array<number>
}

export const snapshotEqualsReplay: Invariant = {
  rule: "RA14",
  title: "SnapshotEqualsReplay",
  on: ["Applied", "SnapshotInstalled", "Started"],
  make: () => {
    const digests = new Map<LogIndex, number>()
    const sessions = new Map<number, Effects>()
    let replayed: LogIndex = 0
    return (_, event) => {
      if (event._tag === "SnapshotInstalled" || event._tag === "Started") {
        const { name, machine } = event.node
        const digest = digests.get(machine.applied)
        const problem =
          digest !== undefined && digest !== machine.digest
            ? "the digest differs"
            : otherSession(sessions, machine)
        return problem === undefined
          ? undefined
          : `${name} stands at the snapshot of ${machine.applied}, and ${problem}`
      }
      if (event._tag !== "Applied" || event.entry.index <= replayed) return undefined
      const { entry, node, tookEffect } = event
      replayed = entry.index
      digests.set(entry.index, node.machine.digest)
      if (tookEffect) remember(sessions, entry.index, decodeCommand(entry.data))
      return undefined
    }
  }
}

const remember = (
  sessions: Map<number, Effects>,
  index: LogIndex,
  { session, seq }: { readonly session: number; readonly seq: number }
): void => {
  let effects = sessions.get(session)
  if (effects === undefined) sessions.set(session, (effects = { indexes: [], seqs: [] }))
  effects.indexes.push(index)
  effects.seqs.push(seq)
}

/** Snapshots are young, so the place is looked for from the end. */
const otherSession = (
  sessions: ReadonlyMap<number, Effects>,
  machine: MachineView
): string | undefined => {
  for (const [id, { indexes, seqs }] of sessions) {
    let count = indexes.length
    while (count > 0 && indexes[count - 1]! > machine.applied) count--
    const state = machine.session(id)
    if ((state?.effects ?? 0) !== count || (count > 0 && state?.seq !== seqs[count - 1])) {
      return `session ${id} is at ${state?.seq} after ${state?.effects} effects, not at ${seqs[count - 1]} after ${count}`
    }
  }
  return undefined
}
