/** What is simulated: three nodes, clients that visit a page, and what has to be true in the end. */
import { Client, CloudNode } from "@distri/core"
import { Sim } from "@distri/simulation"
import { Effect, Layer, Random } from "effect"
import { Pages, Services, Visit, type forgetful } from "./visits.ts"

type Visitor = Sim.Client<"visit", void>

const visitor = ({ call, nodes, untilEnd }: Visitor) =>
  Effect.gen(function* () {
    const client = yield* Client
    const visit = call("visit", client.call(Visit, "home"))
    yield* untilEnd(
      Effect.gen(function* () {
        yield* Effect.ignore(visit)
        yield* Effect.sleep(yield* Random.nextIntBetween(10, 100))
      })
    )
  }).pipe(Effect.provide(Client.layer({ seeds: nodes })))

/** A visit whose answer was lost may have been counted; one that was answered has been. */
const counted = ({ history, nodes }: Visitor) =>
  Effect.gen(function* () {
    const client = yield* Client
    const found = yield* client.collection(Pages).get("home")
    const visits = found._tag === "Some" ? found.value.document.visits : 0
    const answered = history().filter(({ outcome }) => outcome !== undefined).length
    const asked = history().length
    if (visits < answered || visits > asked) {
      yield* Effect.die(`${visits} visits are counted, ${answered} of ${asked} were answered`)
    }
  }).pipe(Effect.provide(Client.layer({ seeds: nodes })))

export const options = (handler: typeof forgetful, seeds: ReadonlyArray<number>) => ({
  seeds,
  nodes: 3,
  clients: 3,
  duration: "5 seconds" as const,
  rounds: 5,
  node: ({ address, others }: Sim.Node) =>
    CloudNode.layer(Services, { listen: address, seeds: others, collections: [Pages] }).pipe(
      Layer.provide(handler)
    ),
  client: visitor,
  verify: counted,
  faults: Sim.faults({ partitions: true, resets: true, slowness: true }),
  check: [Sim.noStalls, Sim.noErrors]
})
