import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { LogIndex } from "@distri/store/value/LogIndex"
import { Unavailable, type LogId, type SnapshotRef } from "../ReplicatedLog.ts"
import { piecesFrom } from "./piecesFrom.ts"

interface Kept {
  readonly ref: SnapshotRef
  readonly pieces: ReadonlyArray<Uint8Array>
}

/** The last two complete snapshots of a log in memory: a reader of the older one may finish. */
export const make = (log: LogId, maxBytes: number) => {
  let kept: ReadonlyArray<Kept> = []
  const latest = () => kept[0]?.ref

  return {
    latest,
    read: (ref: SnapshotRef, offset = 0): Effect.Effect<Stream.Stream<Uint8Array>, Unavailable> => {
      const found = kept.find((snapshot) => snapshot.ref.id === ref.id)
      return found === undefined
        ? Effect.fail(new Unavailable({ reason: "SnapshotGone" }))
        : Effect.succeed(Stream.fromIterable(piecesFrom(found.pieces, offset)))
    },
    write: Effect.fnUntraced(function* (at: LogIndex, data: Stream.Stream<Uint8Array>) {
      const pieces: Array<Uint8Array> = []
      let bytes = 0
      yield* Stream.runForEach(data, (piece) => {
        bytes += piece.length
        if (bytes > maxBytes) return new Unavailable({ reason: "StorageFull" })
        pieces.push(piece.slice())
        return Effect.void
      })
      // From here on nothing waits, so a snapshot is either complete or was never there (RL11).
      const newest = latest()
      if (newest !== undefined && newest.index >= at) return newest
      const ref: SnapshotRef = { id: `${log}/${at}`, index: at, bytes }
      kept = [{ ref, pieces }, ...kept.slice(0, 1)]
      return ref
    })
  }
}
