/** Feeds the state machine with committed entries, at its own speed, and takes snapshots of it. */
import type { Entry } from "@distri/raft/Entry"
import type { LogIndex } from "@distri/raft/LogIndex"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import { emptyImage, type MachineImage } from "../Machine.ts"
import type { Process } from "../Process.ts"

export class Applier {
  private queue: Array<Entry> = []
  private isSet = false
  private isTaking = false
  private reported: LogIndex = 0
  private readonly process: Process

  constructor(process: Process) {
    this.process = process
  }

  add(entries: ReadonlyArray<Entry>): void {
    for (const entry of entries) this.queue.push(entry)
    this.set()
  }

  /** A received snapshot takes the place of everything before it. */
  install(snapshot: SnapshotMeta): void {
    const { process } = this
    this.queue = []
    process.machine.install(imageOf(process, snapshot))
    process.cloud.emit({ _tag: "SnapshotInstalled", node: process, snapshot })
    process.requests.onInstalled()
  }

  /** Of the machine as it is now, unless one is being taken. */
  takeSnapshot(keep: number): void {
    const { process } = this
    const { machine, disk } = process
    const log = process.raft!.log
    const index = log.applied
    if (this.isTaking || index <= disk.snapshot.index || index !== machine.applied) return
    // A received one is on its way to the disk, and the entries behind this one are gone already.
    if (log.term(index) === undefined || log.snapshot.index > index) return
    const image = imageToTake(process)
    const snapshot: SnapshotMeta = {
      index,
      term: log.term(index)!,
      time: log.entry(index)?.time ?? log.snapshot.time,
      configuration: process.raft!.configuration,
      reference: `${process.id}#${process.life}@${index}`,
      bytes: 100,
      digest: String(machine.digest)
    }
    this.isTaking = true
    process.after(process.cloud.profile.snapshotMs, () => this.store(snapshot, image, keep))
  }

  private store(snapshot: SnapshotMeta, image: MachineImage, keep: number): void {
    const { process } = this
    const { disk } = process
    this.isTaking = false
    if (disk.snapshot.index >= snapshot.index) return
    const keepFrom = Math.max(1, snapshot.index + 1 - keep)
    disk.store(snapshot, image)
    disk.compact(snapshot, keepFrom)
    process.cloud.emit({ _tag: "SnapshotStored", node: process, snapshot })
    process.step({ _tag: "SnapshotTaken", snapshot, keepFrom })
  }

  private set(): void {
    if (this.isSet || this.queue.length === 0) return
    this.isSet = true
    this.process.after(this.process.pace.applyMs(), () => this.run())
  }

  private run(): void {
    const { process } = this
    this.isSet = false
    if (this.queue.length === 0) return
    const entries = this.queue.splice(0, process.pace.applyCount(this.queue.length))
    const results = entries.map((entry) => {
      const applied = process.machine.apply(entry)
      const { tookEffect } = applied
      process.cloud.emit({ _tag: "Applied", node: process, entry, tookEffect })
      return applied
    })
    if (process.passes("beforeAnswer")) return
    entries.forEach((entry, at) => process.requests.onApplied(entry, results[at]!.result))
    const index = process.machine.applied
    if (process.cloud.profile.reportMaxMs === 0) this.report(index)
    else process.after(process.pace.reportMs(), () => this.report(index))
    this.set()
  }

  /** The core may hear of it late: after the next apply, or after a snapshot took the place of it all. */
  private report(index: LogIndex): void {
    const { process } = this
    if (index < this.reported) return
    this.reported = index
    if (!process.step({ _tag: "Applied", index })) return
    const { snapshotEvery, snapshotKeep } = process.cloud.profile
    if (process.machine.applied - process.disk.snapshot.index >= snapshotEvery) {
      this.takeSnapshot(snapshotKeep)
    }
  }
}

/** The bytes of a snapshot that the disk holds. */
const imageOf = (process: Process, snapshot: SnapshotMeta): MachineImage => {
  const image = process.disk.image(snapshot.reference)
  if (image === undefined) throw new Error(`${process.name} lost snapshot ${snapshot.reference}`)
  return image
}

const imageToTake = (process: Process): MachineImage => {
  const image = process.machine.image()
  const { sessions } = emptyImage(0)
  return process.breaks.snapshotWithoutSessions === true ? { ...image, sessions } : image
}
