/** A small program to simulate: one node keeps a number, clients write and read it over the network. */
import * as Address from "@distri/core/transport/Address"
import { type Connection, Transport } from "@distri/core/transport/Transport"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { Register } from "../../src/checker/index.ts"
import * as Sim from "../../src/sim/Sim.ts"

export type Input = Register.Input<number>
export type Output = Register.Output<number>
export type RegisterClient = Sim.Client<Input, Output>

export const model = Register.model<number>(0)

const addressOf = (text: string) => Address.Address.make(text)

/** `isStale`: a read is answered with what was there before the last write. */
export const node =
  (isStale = false) =>
  ({ address }: Sim.Node) =>
    Layer.effectDiscard(
      Effect.gen(function* () {
        const transport = yield* Transport
        const listener = yield* transport.listen(addressOf(address))
        let value = 0
        let before = 0
        const answer = (connection: Connection) => (frame: Uint8Array) => {
          const [isWrite, number] = frame
          if (isWrite === 1) {
            before = value
            value = number!
          }
          return connection.send(Uint8Array.of(isStale ? before : value))
        }
        yield* listener
          .run((connection) =>
            Effect.forever(
              Effect.flatMap(connection.receive, (frames) =>
                Effect.forEach(frames, answer(connection))
              )
            )
          )
          .pipe(Effect.forkScoped)
      })
    )

const send = (to: string, frame: Uint8Array) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const connection = yield* transport.dial(addressOf(to))
    yield* connection.send(frame)
    return (yield* connection.receive)[0][0]!
  }).pipe(Effect.scoped, Effect.timeout("2 seconds"))

/** Where no connection came about, nothing can have happened. */
const isUnsent = ({ _tag }: { readonly _tag: string }) => _tag === "DialFailed"

/** Writes and reads at the first node, and minds no failure. */
export const client = ({ call, nodes, number, untilEnd }: RegisterClient) => {
  let written = 0
  const [first] = nodes as [string]
  const write = Effect.suspend(() => {
    const value = 1 + ((++written * 16 + number) % 255)
    return call(
      { kind: "write", value },
      Effect.as(send(first, Uint8Array.of(1, value)), undefined),
      isUnsent
    )
  })
  const read = call({ kind: "read" }, send(first, Uint8Array.of(0)), isUnsent)
  return untilEnd(
    Effect.gen(function* () {
      yield* Effect.ignore((yield* Random.nextBoolean) ? write : read)
      yield* Effect.sleep(yield* Random.nextIntBetween(20, 200))
    })
  )
}

export const options = (
  changes: Partial<Sim.Options<Input, Output>> = {}
): Sim.Options<Input, Output> => ({
  seed: 1,
  nodes: 1,
  clients: 3,
  duration: "3 seconds",
  healing: "3 seconds",
  node: node(),
  client,
  check: [Sim.noStalls, Sim.linearizable(model)],
  ...changes
})
