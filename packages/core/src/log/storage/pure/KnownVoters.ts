/**
 * Finds out who voted in a log that is damaged, from what can still be read of it. It decides whether
 * others have what this node lost.
 */
import { applyChange } from "@distri/raft/membership/change"
import { decodeChange } from "@distri/raft/membership/ConfChangeCodec"
import type { Configuration } from "@distri/raft/membership/Configuration"
import type { Entry } from "@distri/raft/Entry"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import { findRecord, headerBytes, readHeader, type Header } from "./Record.ts"
import { decodeBatches, decodeCompaction, decodeHead } from "./RecordBody.ts"
import { pageBytes } from "./SegmentPage.ts"

export class KnownVoters {
  private snapshot: SnapshotMeta | undefined
  private readonly changes = new Map<number, Entry>()

  /** Looks through all whole records of a segment, those behind damage, too. */
  look(bytes: Uint8Array, salt: number): void {
    let at = findRecord(bytes, pageBytes, salt)
    while (at !== undefined) {
      const header = readHeader(bytes, at, salt)!
      this.record(header, bytes.subarray(at + headerBytes, at + headerBytes + header.length))
      at = findRecord(bytes, at + pageBytes, salt)
    }
  }

  /**
   * Whether nobody else votes. True also where nothing is known: to keep a log that others have costs
   * a hand, to leave one that nobody has costs the data.
   */
  isAlone(node: string): boolean {
    const configuration = this.latest()
    if (configuration === undefined) return true
    const { voters, votersOutgoing } = configuration
    const all = [...voters, ...votersOutgoing]
    return all.length > 0 && all.every((id) => id.startsWith(`${node}/`))
  }

  private latest(): Configuration | undefined {
    if (this.snapshot === undefined) return undefined
    let { configuration } = this.snapshot
    for (const { index, data } of [...this.changes.values()].toSorted(
      (a, b) => a.index - b.index
    )) {
      const change = index > this.snapshot.index ? decodeChange(data) : undefined
      const next = change === undefined ? configuration : applyChange(configuration, change)
      if (typeof next !== "string") configuration = next
    }
    return configuration
  }

  private record({ kind }: Header, body: Uint8Array): void {
    if (kind === "compact") return this.take(decodeCompaction(body)?.snapshot, [])
    if (kind === "head") {
      const head = decodeHead(body)
      return this.take(head?.state.snapshot, head?.entries ?? [])
    }
    for (const { snapshot, entries } of decodeBatches(body) ?? []) this.take(snapshot, entries)
  }

  private take(snapshot: SnapshotMeta | undefined, entries: ReadonlyArray<Entry>): void {
    if (snapshot !== undefined && snapshot.index >= (this.snapshot?.index ?? 0)) {
      this.snapshot = snapshot
    }
    for (const entry of entries) {
      if (entry.kind === "confChange") this.changes.set(entry.index, entry)
    }
  }
}
