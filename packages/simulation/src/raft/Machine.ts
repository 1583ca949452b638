/**
 * The state machine that every node feeds with its log: some registers, and sessions that make a command
 * take effect once however often it stands in the log (Ongaro §6.3). A digest makes two machines comparable
 * at every index: of all entries and results so far, rolling, and of the registers as they are now. The last
 * is made anew from each snapshot, so one that lost registers does not pass for the machine it was taken of.
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
  /** Of all entries and results up to here. */
  readonly history: number
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
  history: index,
  registers: Array.from({ length: registersMax }, () => 0),
  sessions: new Map()
})

const noEffect: Applied = { tookEffect: false, result: undefined }

export class Machine implements MachineView {
  applied: LogIndex = 0
  digest = 0
  private history = 0
  private registers: Array<number> = []
  private sessions = new Map<number, Session>()
  private digests: Array<number> = []
  private digestsFrom: LogIndex = 0

  constructor(image: MachineImage) {
    this.install(image)
  }

  install(image: MachineImage): void {
    this.applied = image.applied
    this.history = image.history
    this.registers = [...image.registers]
    this.sessions = new Map(image.sessions)
    this.digest = withRegisters(this.history, this.registers)
    this.digests = [this.digest]
    this.digestsFrom = image.applied
  }

  image(): MachineImage {
    return {
      applied: this.applied,
      history: this.history,
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
    const applied = entry.kind === "command" ? this.carryOut(decodeCommand(entry.data)) : noEffect
    this.history = withEntry(this.history, entry, applied)
    this.digest = withRegisters(this.history, this.registers)
    this.digests.push(this.digest)
    return applied
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

const kinds: Record<Entry["kind"], number> = { command: 1, confChange: 2, noop: 3 }

/** FNV-1a, a byte at a time for the head of the data (padding is all zeros), a number at a time for the rest. */
const withEntry = (before: number, entry: Entry, { tookEffect, result }: Applied): number => {
  const { data } = entry
  let digest = mix(mix(before, entry.index), entry.term)
  digest = mix(mix(digest, kinds[entry.kind]), entry.time)
  digest = mix(digest, data.length)
  const size = Math.min(data.length, 24)
  for (let at = 0; at < size; at++) digest = mix(digest, data[at]!)
  return mix(digest, (tookEffect ? 4 : 0) + (result ?? 2)) >>> 0
}

const withRegisters = (history: number, registers: ReadonlyArray<number>): number => {
  let digest = history
  for (let key = 0; key < registers.length; key++) digest = mix(digest, registers[key]!)
  return digest >>> 0
}

const mix = (digest: number, bits: number): number => Math.imul(digest ^ bits, 0x01000193)
