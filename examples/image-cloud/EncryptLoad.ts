/**
 * The load of `test-client-encrypt` and `test-servers`: each client encrypts its own picture ten
 * times, one after the other, and opens and compares every reply.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Encryption from "./Encryption.ts"
import type { Load } from "./LoadTest.ts"
import * as Picture from "./Picture.ts"

const tasksEach = 10
/** What the pictures and replies of all clients may take at a time. */
const memoryMaxBytes = 512 * 1024 * 1024
/** A reply has four times the bytes of its picture, and for a moment exists twice. */
const bytesPerByte = 10

/** `base`: the user's picture, which every client varies. */
export const make = (clients: number, base: Picture.Picture | undefined) => {
  const taskBytes = bytesPerByte * Picture.ofClient(base, 0).bytes.length
  const room = Semaphore.makeUnsafe(Math.max(1, Math.floor(memoryMaxBytes / taskBytes)))
  return {
    title: "encrypt",
    clients,
    tasksEach,
    client: (tally, client) => {
      const task = Effect.gen(function* () {
        // Made for each task anew: thousands of waiting clients would hold thousands of pictures.
        const picture = Picture.ofClient(base, client)
        const sealed = yield* tally.timed(Encryption.encrypt(picture))
        yield* Encryption.check(picture, sealed)
      })
      return tally
        .counted(room.withPermit(task))
        .pipe(Effect.replicateEffect(tasksEach, { discard: true }))
    }
  } satisfies Load<unknown> as Load<
    | Effect.Services<ReturnType<typeof Encryption.encrypt>>
    | Effect.Services<ReturnType<typeof Encryption.check>>
  >
}
