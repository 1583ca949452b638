/**
 * A client that changes parcels until it is told to stop, and knows what must come out.
 *
 * Each of its fibers has parcels of its own, so what is stored in the end follows from what was
 * acknowledged, in whatever order the writes were applied.
 */
import type { Client } from "@distri/core"
import { Effect, Fiber, Random } from "effect"
import { Parcels } from "../collections.ts"
import * as Parcel from "./Parcel.ts"

/** What an acknowledged write changed, and at which version. */
export interface Change {
  readonly id: string
  readonly version: number
}

export interface Writer {
  readonly changes: ReadonlyArray<Change>
  /** Every id that a write was begun for. */
  readonly touched: ReadonlySet<string>
  /** What is stored if no acknowledged write was lost, and none was done twice. */
  readonly expected: Parcel.Copy
  readonly counts: { readonly added: number; readonly updated: number; readonly deleted: number }
  /** Waits until `count` more writes were acknowledged. */
  readonly more: (count: number) => Effect.Effect<void>
  /** Finishes what is begun, then adds one last parcel, and gives its id. */
  readonly stop: Effect.Effect<string, unknown>
}

const fibers = 8
/** One parcel in five may be changed. The others must not be disturbed by that. */
const mine = 5

/** Starts to write. `stored`: what is there already. */
export const start = Effect.fnUntraced(function* (
  client: Client["Service"],
  stored: ReadonlyArray<Parcel.Parcel>
) {
  const { add, change, changes, counts, expected, remove } = makeWrites(client, stored)
  const touched = new Set<string>()
  let stopping = false

  const one = Effect.fnUntraced(function* (fiber: number) {
    // Half as many again as there are, so that some are new.
    const turn = yield* Random.nextIntBetween(0, Math.floor((stored.length * 1.5) / mine / fibers))
    const n = (turn * fibers + fiber) * mine
    const id = Parcel.idOf(n)
    touched.add(id)
    const parcel = expected.get(id)
    if (parcel === undefined) return yield* add(Parcel.make(id, n, n))
    return yield* (yield* Random.nextIntBetween(0, 4)) === 0 ? remove(id) : change(parcel)
  })

  const writing = yield* Effect.forEach(
    Array.from({ length: fibers }).keys(),
    (fiber) => Effect.repeat(one(fiber), { while: () => !stopping }),
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.forkScoped)

  return {
    changes,
    touched,
    expected,
    counts,
    more: (count) =>
      Effect.suspend(() => {
        const enough = changes.length + count
        const goesOn = () => changes.length < enough && writing.pollUnsafe() === undefined
        return Effect.repeat(Effect.sleep("5 millis"), { while: goesOn })
      }),
    stop: Effect.suspend(() => {
      stopping = true
      return Fiber.join(writing)
    }).pipe(Effect.andThen(add(Parcel.make("the-end", 0, 0))), Effect.as("the-end"))
  } satisfies Writer as Writer
})

/** Each write, and what follows from it once it is acknowledged. */
const makeWrites = (client: Client["Service"], stored: ReadonlyArray<Parcel.Parcel>) => {
  const parcels = client.collection(Parcels)
  const expected = new Map(stored.map((parcel) => [parcel._id, parcel]))
  const changes: Array<Change> = []
  const counts = { added: 0, updated: 0, deleted: 0 }

  const add = Effect.fnUntraced(function* (parcel: Parcel.Parcel) {
    const { version } = yield* parcels.add(parcel)
    expected.set(parcel._id, parcel)
    changes.push({ id: parcel._id, version })
    counts.added += 1
  })

  const change = Effect.fnUntraced(function* (parcel: Parcel.Parcel) {
    const { _id: id, city, grams, stops } = parcel
    const changed = (yield* Random.nextBoolean)
      ? { ...parcel, grams: grams + 1 }
      : { ...parcel, grams: (grams * 7 + 1) % 20_000, stops: [...stops, city].slice(-3) }
    const { version } =
      changed.stops === stops
        ? yield* parcels.update(id, { inc: { grams: 1 } })
        : yield* parcels.replace(changed)
    expected.set(id, changed)
    changes.push({ id, version })
    counts.updated += 1
  })

  const remove = Effect.fnUntraced(function* (id: string) {
    const { version } = yield* parcels.delete(id)
    expected.delete(id)
    changes.push({ id, version })
    counts.deleted += 1
  })

  return { expected, changes, counts, add, change, remove }
}
