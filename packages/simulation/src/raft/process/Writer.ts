/**
 * Brings batches to the disk, as the shell of a node does: what comes during one sync goes out with the
 * next, and nothing that promises durability leaves before it is there (RA11). A batch that need not be
 * synced is as durable as those before it.
 */
import type { Batch } from "@distri/raft/Output"
import type { Process } from "../Process.ts"

export class Writer {
  private isSyncing = false
  /** The last batch written, and the last one that the core was told to be durable. */
  private written = 0
  private confirmed = 0
  private readonly process: Process

  constructor(process: Process) {
    this.process = process
  }

  write(batch: Batch): void {
    const { disk, breaks } = this.process
    disk.write(batch)
    const isBehindNone = this.confirmed === this.written
    this.written = batch.batch
    if (breaks.answerBeforeSync === true && !this.process.sendAll(batch.afterPersist)) return
    if ((!batch.mustSync && isBehindNone) || breaks.persistedBeforeSync === true) {
      this.confirm(batch)
    } else this.startSync()
  }

  private startSync(): void {
    if (this.isSyncing) return
    this.isSyncing = true
    const { disk } = this.process
    const count = disk.waiting
    this.process.after(this.process.pace.syncMs(), () => this.finishSync(count))
  }

  private finishSync(count: number): void {
    const { process } = this
    if (process.passes("beforeSync")) return
    this.isSyncing = false
    const synced: Array<Batch> = []
    for (let left = count; left > 0; left--) {
      const batch = process.disk.syncOne()
      process.cloud.emit({ _tag: "Synced", node: process, batch })
      if (batch.batch > this.confirmed) synced.push(batch)
    }
    if (process.passes("afterSync")) return
    if (process.cloud.profile.mergesBatches) this.confirmAll(synced)
    else for (const batch of synced) if (!this.confirm(batch)) return
    if (this.written > this.confirmed) this.startSync()
  }

  /** One `Persisted` stands for all batches before it too. */
  private confirmAll(batches: ReadonlyArray<Batch>): void {
    for (const batch of batches) if (!this.release(batch)) return
    const last = batches.at(-1)
    if (last !== undefined) this.process.step({ _tag: "Persisted", batch: last.batch })
  }

  /** Says whether the process still lives. */
  private confirm(batch: Batch): boolean {
    if (!this.release(batch)) return false
    return this.process.step({ _tag: "Persisted", batch: batch.batch })
  }

  private release(batch: Batch): boolean {
    this.confirmed = batch.batch
    if (batch.snapshot !== undefined) this.process.applier.install(batch.snapshot)
    if (this.process.breaks.answerBeforeSync === true) return true
    return this.process.sendAll(batch.afterPersist)
  }
}
