/** A node of this example, as a Layer: `node.ts` runs one, `guide.ts` two in its own process. */
import { CloudNode } from "@distri/core"
import { DistriNode } from "@distri/node"
import { Layer } from "effect"
import { Orders, Progress, Totals, Users } from "./collections.ts"
import { Services, signUp } from "./services.ts"

export const layer = (listen: string, seeds: ReadonlyArray<string>) =>
  CloudNode.layer(Services, {
    listen,
    seeds,
    collections: [Users, Orders, Totals, Progress]
  }).pipe(Layer.provide(signUp), Layer.provide(DistriNode.layer))
