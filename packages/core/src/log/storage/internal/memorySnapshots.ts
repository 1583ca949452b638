import { sha256 } from "@noble/hashes/sha2.js"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { piecesFrom } from "../../internal/piecesFrom.ts"
import { type Corrupt, Unavailable } from "../../ReplicatedLog.ts"
import type { StoredSnapshot } from "../LogStorage.ts"
import { completed, dropped, renamed, type NamedSnapshots } from "../pure/NamedSnapshots.ts"
import { hex } from "../pure/SnapshotLayout.ts"
import { expectSnapshot } from "./expectSnapshot.ts"

interface Kept {
  readonly stored: StoredSnapshot
  /** As they came. */
  readonly pieces: ReadonlyArray<Uint8Array>
}

/** The snapshots that are kept, none larger than `maxBytes`. */
export const make = (maxBytes: number) => {
  const snapshots = new Map<string, Kept>()
  let kept: NamedSnapshots = { named: [], unnamed: [] }
  const keep = (next: NamedSnapshots) => {
    for (const reference of dropped(kept, next)) snapshots.delete(reference)
    kept = next
  }

  return {
    name: (reference: string) => {
      const [newest, ...rest] = kept.named
      if (reference === newest || reference === "") return
      keep(renamed(kept, [reference, ...(newest === undefined ? rest : [newest])]))
    },

    write: Effect.fnUntraced(function* <E>(
      reference: string,
      data: Stream.Stream<Uint8Array, E>,
      expected?: Pick<StoredSnapshot, "bytes" | "digest">
    ) {
      const named = kept.named.includes(reference) ? snapshots.get(reference) : undefined
      if (named !== undefined) {
        yield* expectSnapshot(named.stored, expected)
        return named.stored
      }
      const pieces: Array<Uint8Array> = []
      const hash = sha256.create()
      let bytes = 0
      yield* Stream.runForEach(data, (piece) => {
        bytes += piece.length
        if (bytes > maxBytes) return Effect.fail(new Unavailable({ reason: "StorageFull" }))
        hash.update(piece)
        pieces.push(piece.slice())
        return Effect.void
      })
      const stored: StoredSnapshot = { reference, bytes, digest: hex(hash.digest()) }
      yield* expectSnapshot(stored, expected)
      // From here on nothing waits, so a snapshot is complete or was never there (RL11).
      snapshots.set(reference, { stored, pieces })
      keep(completed(kept, reference))
      return stored
    }),

    read: (reference: string, offset = 0): Stream.Stream<Uint8Array, Unavailable | Corrupt> =>
      Stream.suspend(() => {
        const found = snapshots.get(reference)
        return found === undefined
          ? Stream.fail(new Unavailable({ reason: "SnapshotGone" }))
          : Stream.fromIterable(piecesFrom(found.pieces, offset))
      })
  }
}
