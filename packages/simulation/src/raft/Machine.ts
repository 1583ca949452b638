/**
 * The state machine that every node feeds with its log: some registers, and sessions that make a command
 * take effect once however often it stands in the log (Ongaro §6.3). A rolling digest over all entries,
 * also those without a command, makes two machines comparable at every index.
 */
import type { Entry } from "@distri/raft/Entry"
import type { LogIndex } from "@distri/raft/LogIndex"
import { type Command, decodeCommand } from "./Command.ts"
import type { MachineView } from "./Invariant.ts"

interface Session {
  readonly seq: number
  readonly effects: number
  readonly result: number
}

/** A copy of a machine at an index: the bytes of a snapshot. */
export interface MachineImage {
  readonly applied: LogIndex
  readonly digest: number
  readonly registers: ReadonlyArray<number>
  readonly sessions: ReadonlyMap<number, Session>
}

/** What a command came to. `result` is undefined for a command behind the last one of its session. */
export interface Applied {
  readonly tookEffect: boolean
  readonly result: number | undefined
}

export const registersMax = 4

/** A machine that has applied nothing, or is said to have applied all up to `index`. */
export const emptyImage = (index: LogIndex): MachineImage => ({
  applied: index,
  digest: index,
  registers: Array.from({ length: registersMax }, () => 0),
  sessions: new Map()
})

const noEffect: Applied = { tookEffect: false, result: undefined }

export class Machine implements MachineView {
  applied: LogIndex = 0
  digest = 0
  private registers: Array<number> = []
  private sessions = new Map<number, Session>()
  private digests: Array<number> = []
  private digestsFrom: LogIndex = 0

  constructor(image: MachineImage) {
    this.install(image)
  }

  install(image: MachineImage): void {
    this.applied = image.applied
    this.digest = image.digest
    this.registers = [...image.registers]
    this.sessions = new Map(image.sessions)
    this.digests = [image.digest]
    this.digestsFrom = image.applied
  }

  image(): MachineImage {
    return {
      applied: this.applied,
      digest: this.digest,
      registers: [...this.registers],
      sessions: new Map(this.sessions)
    }
  }

  digestAt(index: LogIndex): number | undefined {
    const at = index - this.digestsFrom
    return at >= 0 && at < this.digests.length ? this.digests[at] : undefined
  }

  session(id: number): Session | undefined {
    return this.sessions.get(id)
  }

  read(key: number): number {
    return this.registers[key]!
  }

  apply(entry: Entry): Applied {
    this.applied = entry.index
    this.digest = digestOf(this.digest, entry)
    this.digests.push(this.digest)
    return entry.kind === "command" ? this.carryOut(decodeCommand(entry.data)) : noEffect
  }

  private carryOut(command: Command): Applied {
    const { session, seq, key, value } = command
    const before = this.sessions.get(session)
    if (before !== undefined && seq <= before.seq) {
      return seq === before.seq ? { tookEffect: false, result: before.result } : noEffect
    }
    const { kind, expected } = command
    const isDone = kind !== "compareAndSet" || this.registers[key] === expected
    if (isDone && kind !== "noise") this.registers[key] = value
    const result = isDone ? 1 : 0
    this.sessions.set(session, { seq, result, effects: (before?.effects ?? 0) + 1 })
    return { tookEffect: true, result }
  }
}

/** FNV-1a, a byte at a time for the data and a number at a time for the rest. */
const digestOf = (before: number, entry: Entry): number => {
  const { data } = entry
  let digest = Math.imul(before ^ entry.index, 0x01000193)
  digest = Math.imul(digest ^ entry.term, 0x01000193)
  digest = Math.imul(digest ^ data.length, 0x01000193)
  const size = Math.min(data.length, 24)
  for (let at = 0; at < size; at++) digest = Math.imul(digest ^ data[at]!, 0x01000193)
  return digest >>> 0
}
