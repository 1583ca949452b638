import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Links } from "../../client/Links.ts"
import { callNode } from "../../client/NodeCall.ts"
import { LinkFailed, RaftPeers } from "../../log/RaftPeers.ts"
import type { Address } from "../../transport/Address.ts"

/** The log reaches the other nodes over the connections that this node has to them anyway. */
export const layer: Layer.Layer<RaftPeers, never, Links> = Layer.effect(
  RaftPeers,
  Effect.map(Links, (links) =>
    RaftPeers.of({
      known: Effect.map(links.addresses, (addresses) => Array.from(addresses)),
      // Members are named by their address.
      call: (node) => callNode(links, node as Address),
      post: (node, frame) =>
        links.to(node as Address).pipe(
          Effect.mapError(() => new LinkFailed({ started: false })),
          Effect.flatMap((link) =>
            Effect.mapError(link.post(frame), ({ started }) => new LinkFailed({ started }))
          )
        ),
      heard: (node) => links.heard(node as Address)
    })
  )
)
