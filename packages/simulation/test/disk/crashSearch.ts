/**
 * Looks for a crash that a storage does not survive. Process after process opens one folder, does what a
 * log core does, and ends at some operation of its disk: by a crash of the machine, of the process
 * alone, or because a sync failed. What the next one finds has to be what was acknowledged, or that and
 * what was under way.
 */
import { Disk } from "@distri/core/log/storage/Disk"
import * as DiskStorage from "@distri/core/log/storage/DiskStorage"
import { founding } from "@distri/raft/Restored"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Storage } from "../../../core/test/log/storage/batches.ts"
import { batch, metaOf } from "../../../core/test/log/storage/batches.ts"
import {
  content,
  contentBytes,
  logId,
  readAll
} from "../../../core/test/log/storage/LogStorageContract.ts"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"
import { Random } from "../../src/random/Random.ts"
import * as Expected from "./Expected.ts"

type Breaks = DiskStorage.Options["breaks"]

const voters = ["n1/x", "n2/y", "n3/z"]

/** The first problem of a seed, or undefined. */
export const run = Effect.fnUntraced(function* (seed: number, breaks: Breaks) {
  const machine = new Machine(seed, breaks)
  for (let life = 1; life <= 8; life++) {
    const problem = yield* machine.live
    if (problem !== undefined) return `SEED=${seed}, life ${life}: ${problem}`
  }
  return undefined
})

/** The first problem of the seeds from 1 to `count`, or undefined. */
export const search = Effect.fnUntraced(function* (count: number, breaks: Breaks = {}) {
  for (let seed = 1; seed <= count; seed++) {
    const problem = yield* run(seed, breaks)
    if (problem !== undefined) return problem
  }
  return undefined
})

class Machine {
  private readonly image = new DiskImage()
  private readonly random: { [stream in "work" | "faults" | "crash" | "secure"]: Random }
  private readonly breaks: Breaks
  /** What may be found: the last one is what was under way. */
  private candidates: ReadonlyArray<Expected.Expected | undefined> = [undefined]
  private incarnation: string | undefined
  private snapshots = 0

  constructor(seed: number, breaks: Breaks) {
    this.breaks = breaks
    const stream = (name: string) => new Random(seed, `disk/${name}`)
    this.random = {
      work: stream("work"),
      faults: stream("faults"),
      crash: stream("crash"),
      secure: stream("secure")
    }
  }

  /** One life of the process, to its end. */
  readonly live = Effect.suspend(() => {
    const { faults } = this.random
    const ended = Deferred.makeUnsafe<Exit.Exit<void, unknown>>()
    let untilCrash = faults.whole(1, faults.pick([5, 20, 60, 400]))
    // Before a sync there is the most that may be lost.
    const crashesAt = faults.pick(["sync", "anything"])
    const syncFails = faults.chance(0.3) ? faults.whole(1, 20) : 0
    let syncs = 0
    const disk = SimDisk.make(this.image, {
      delay: (operation) =>
        Effect.suspend(() => {
          if (crashesAt === "anything" || crashesAt === operation) untilCrash -= 1
          else return Effect.void
          if (untilCrash !== 0) return Effect.void
          if (faults.chance(0.7)) this.image.crash(this.random.crash)
          else this.image.endProcesses()
          return Effect.andThen(Deferred.succeed(ended, Exit.void), Effect.never)
        }),
      fault: (operation) => (operation === "sync" && ++syncs === syncFails ? "Io" : undefined)
    })
    return this.process.pipe(
      Effect.provideService(Disk, disk),
      Effect.provideService(SecureRandom.SecureRandom, this.secure),
      Effect.exit,
      Effect.flatMap((exit) => Deferred.succeed(ended, exit)),
      Effect.forkDetach,
      Effect.andThen(Deferred.await(ended)),
      Effect.map((exit) => {
        this.image.endProcesses()
        return Exit.isSuccess(exit) ? undefined : Cause.pretty(exit.cause)
      })
    )
  })

  private readonly process = Effect.scoped(
    Effect.gen({ self: this }, function* () {
      const storage = yield* DiskStorage.make({
        directory: "/data/log",
        node: "n1",
        cluster: "cloud",
        segmentBytes: 16 * 1024,
        breaks: this.breaks
      })
      yield* this.check(storage)
      for (let left = this.random.work.whole(1, 12); left > 0; left--) yield* this.work(storage)
    })
  ).pipe(
    // A disk that refuses ends the process, as it should; another one goes on.
    Effect.catchTag(["StorageFailed", "DiskFailed"], () => Effect.void)
  )

  private readonly check = Effect.fnUntraced({ self: this }, function* (storage: Storage) {
    this.incarnation ??= storage.incarnation
    if (storage.incarnation !== this.incarnation) return yield* Effect.die("another incarnation")
    const { begun } = storage
    const problems = this.candidates.map((expected) => {
      if (expected === undefined || begun === undefined) {
        return expected === begun ? undefined : `${begun === undefined ? "no" : "a"} log`
      }
      return Expected.difference(expected, begun.restored)
    })
    const at = problems.indexOf(undefined)
    if (at < 0) return yield* Effect.die(problems.join("; or "))
    const found = this.candidates[at]
    this.candidates = [found && { ...found, commit: begun!.restored.hardState.commit }]
    const reference = found?.snapshot.reference ?? ""
    if (reference !== "") {
      const index = found!.snapshot.index
      const bytes = yield* readAll(storage, reference)
      const isSame = Buffer.from(bytes).equals(contentBytes(1000, index))
      if (!isSame) return yield* Effect.die(`other bytes in ${reference}`)
    }
  })

  /** `next` is what will be there once `effect` is done. */
  private attempt<E>(next: Expected.Expected, effect: Effect.Effect<void, E>) {
    return Effect.suspend(() => {
      this.candidates = [...this.candidates, next]
      return Effect.map(effect, () => {
        this.candidates = [next]
      })
    })
  }

  private readonly work = Effect.fnUntraced({ self: this }, function* (storage: Storage) {
    const { work } = this.random
    const [now] = this.candidates
    if (now === undefined) {
      const restored = founding(withVoters(voters))
      return yield* this.attempt(Expected.begun(restored), storage.begin(logId, restored))
    }
    const last = Expected.lastOf(now)
    const kind = work.pick(["write", "write", "write", "write", "take", "receive"])
    if (kind === "write") {
      const batches = Expected.someBatches(work, now)
      return yield* this.attempt(batches.reduce(Expected.written, now), storage.write(batches))
    }
    const index = kind === "take" ? work.whole(now.snapshot.index, now.commit + 1) : last + 7
    const reference = `s${index}-${++this.snapshots}`
    const stored = yield* storage.snapshots.write(reference, content(1000, index))
    const snapshot = metaOf(stored, index, voters, now.term)
    if (kind === "take") {
      const keepFrom = work.whole(1, index + 2)
      return yield* this.attempt(
        Expected.compacted(now, snapshot),
        storage.compact(snapshot, keepFrom)
      )
    }
    const { term, vote } = now
    const received = batch({ hardState: { term, vote, commit: index }, snapshot })
    yield* this.attempt(Expected.written(now, received), storage.write([received]))
  })

  private readonly secure = SecureRandom.make((size) =>
    Uint8Array.from({ length: size }, () => this.random.secure.below(256))
  )
}
