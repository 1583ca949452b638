/**
 * A transport that dials a relay where it is told to dial a node: the name of a node stays its address,
 * and what goes to it can be cut.
 */
import type { Address } from "@distri/core/transport/Address"
import { Transport } from "@distri/core/transport/Transport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What is dialled instead. An address that is not in it is dialled itself. */
export type Routes = ReadonlyMap<Address, Address>

export const layer = (routes: Routes): Layer.Layer<Transport, never, Transport> =>
  Layer.effect(
    Transport,
    Effect.map(Transport, (transport) =>
      Transport.of({
        ...transport,
        dial: (address) => transport.dial(routes.get(address) ?? address)
      })
    )
  )

/** As command line arguments: `FROM=TO` each. */
export const formatRoutes = (routes: Routes): ReadonlyArray<string> =>
  Array.from(routes, ([from, to]) => `${from}=${to}`)

export const parseRoutes = (texts: ReadonlyArray<string>): Routes =>
  new Map(texts.map((text) => text.split("=") as unknown as readonly [Address, Address]))
