/**
 * Encrypts one picture on the cloud, opens the reply here and compares it bit for bit.
 *
 * Opening takes a decoder, so only a few are open at a time, however many replies have arrived.
 */
import { Client } from "@distri/core"
import { Carrier, Encrypt, openImage } from "@distri/image"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as os from "node:os"
import * as Picture from "./Picture.ts"

/** The opened picture is not the one that was sent. */
export class NotIdentical extends Schema.TaggedError<NotIdentical>()("NotIdentical", {
  picture: Schema.String
}) {
  override get message() {
    return `${this.picture} came back different from what was sent`
  }
}

/** Longer than any node may take under load; a call that takes longer counts as failed. */
const callMax = "3 minutes"

const openAtOnce = os.availableParallelism()
const opening = Semaphore.makeUnsafe(openAtOnce)

/** Opens sealed pictures in this process. */
export const layer = Carrier.layer({ concurrency: openAtOnce, hardenSharp: true })

/** Sends the picture to whichever node the client picks. */
export const encrypt = Effect.fnUntraced(function* (picture: Picture.Picture) {
  const client = yield* Client
  const payload = { data: picture.bytes, options: Picture.optionsFor(picture) }
  return yield* client.call(Encrypt, payload, { timeout: callMax })
})

/** Fails with `NotIdentical` unless the sealed file holds exactly this picture. */
export const check = Effect.fnUntraced(function* (
  picture: Picture.Picture,
  { file, key }: Effect.Success<ReturnType<typeof encrypt>>
) {
  const opened = yield* opening.withPermit(openImage(file, key))
  if (Buffer.compare(opened, picture.bytes) !== 0) {
    return yield* new NotIdentical({ picture: picture.name })
  }
})
