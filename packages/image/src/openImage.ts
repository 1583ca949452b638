/** Opens a file where it is used: in the caller's program, never on a node. */
import * as Envelope from "@distri/core/peer/Envelope"
import type { Aead } from "effect/crypto/Aead"
import * as Effect from "effect/Effect"
import { Carrier } from "./Carrier.ts"
import type { ImageError } from "./ImageError.ts"

/**
 * The content that was sealed into `file`, bit for bit, whatever the carrier.
 *
 * A picture that was recompressed or resized is `NotDistri`. `WrongKeyOrTampered`: the key belongs
 * to another file, or the body was altered; no bytes come out.
 *
 * @category functions
 * @since 0.1.0
 */
export const openImage: (
  file: Uint8Array,
  key: Envelope.ContentKey
) => Effect.Effect<Uint8Array, ImageError | Envelope.EnvelopeError, Carrier | Aead> =
  Effect.fnUntraced(function* (file, key) {
    const carrier = yield* Carrier
    return yield* Envelope.unseal(yield* carrier.find(file), key)
  })
