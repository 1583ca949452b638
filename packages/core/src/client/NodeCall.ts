/**
 * Calls a service of one named node by type: no placement and no repeats. Nodes use it among
 * themselves.
 */
import * as Effect from "effect/Effect"
import { type Caller, LinkFailed } from "../log/RaftPeers.ts"
import type { Refusal } from "../service/Refusal.ts"
import type { Address } from "../transport/Address.ts"
import type { OpenError } from "./Link.ts"
import type { Links } from "./Links.ts"
import * as Typed from "./internal/typed.ts"

/** Nodes wait for each other as long as the longest wait of an internal service, and a little. */
const remainingMs = 30_000

export const callNode =
  (links: Links["Service"], address: Address): Caller =>
  (service, payload) =>
    Effect.gen(function* () {
      const codec = Typed.of(service)
      const body = yield* Effect.orDie(codec.encodePayload(payload))
      const link = yield* Effect.mapError(links.to(address), notStarted)
      const reply = yield* link
        .request(
          {
            service: service._tag,
            mode: "typed",
            fingerprint: codec.fingerprint,
            size: body.length,
            remainingMs,
            log: "",
            seen: 0
          },
          body
        )
        .pipe(Effect.mapError(({ started }) => new LinkFailed({ started })))
      const { refusal } = reply.head
      if (refusal !== undefined) return yield* new LinkFailed({ started: mayHaveStarted(refusal) })
      return yield* Effect.catchIf(
        codec.decode(reply),
        (error) => isInvalid(error),
        () => Effect.fail(new LinkFailed({ started: true }))
      )
    }) as never

const notStarted = (why: OpenError) =>
  new LinkFailed({ started: false, refused: why._tag === "DialFailed" && why.isRefused === true })

const isInvalid = (error: unknown) =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "InvalidPayload"

const mayHaveStarted = (refusal: Refusal): boolean =>
  refusal._tag === "ServiceFailed" || ("started" in refusal && refusal.started === true)
