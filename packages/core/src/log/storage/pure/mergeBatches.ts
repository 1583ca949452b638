import type { Batch } from "@distri/raft/Output"
import { encodeBatch } from "@distri/raft/wire/RecordCodec"
import { batchesBytes, writeBatches } from "./RecordBody.ts"

/** Batches in one record. */
interface Merged {
  readonly batches: Array<Batch>
  readonly encoded: Array<Uint8Array>
  bytes: number
}

const recordMaxBytes = 1024 * 1024

/**
 * The bodies of the records that hold the batches, in order: as few as there can be of at most 1 MiB. A
 * batch is never divided (WA1), so one that is larger has a record of its own.
 */
export const mergeBatches = (batches: ReadonlyArray<Batch>) => {
  const all: Array<Merged> = []
  for (const batch of batches) {
    const encoded = encodeBatch(batch)
    const merged = all.at(-1)
    if (merged === undefined || merged.bytes + encoded.length > recordMaxBytes) {
      all.push({ batches: [batch], encoded: [encoded], bytes: encoded.length })
    } else {
      merged.batches.push(batch)
      merged.encoded.push(encoded)
      merged.bytes += encoded.length
    }
  }
  return all.map(({ batches: together, encoded }) => ({
    batches: together,
    kind: "batches" as const,
    length: batchesBytes(encoded),
    write: (buffer: Uint8Array, at: number) => writeBatches(buffer, at, encoded),
    last: Math.max(0, ...together.map(({ entries }) => entries.at(-1)?.index ?? 0))
  }))
}
