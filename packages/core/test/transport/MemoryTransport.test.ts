import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as MemoryTransport from "../../src/transport/MemoryTransport.ts"
import { RawNetwork } from "./contract/harness.ts"
import { transportContract } from "./TransportContract.ts"

const rawNetwork = Layer.effect(
  RawNetwork,
  Effect.gen(function* () {
    const network = yield* MemoryTransport.MemoryNetwork
    return RawNetwork.of({
      connect: Effect.fnUntraced(function* (address) {
        const { socket, cut } = yield* Effect.orDie(network.connect(address))
        const pull = yield* Effect.orDie(Socket.readerBytes(socket))
        const writeScope = yield* Scope.make()
        const writer = yield* Scope.provide(socket.writer, writeScope)
        return {
          write: (bytes) => Effect.orDie(writer.write(bytes)),
          end: Scope.close(writeScope, Exit.void),
          cut,
          rest: Effect.gen(function* () {
            const bytes: Array<number> = []
            const end = Effect.forever(
              Effect.map(pull, (chunks) => {
                for (const chunk of chunks) bytes.push(...chunk)
              })
            )
            yield* Effect.ignore(end)
            return Uint8Array.from(bytes)
          })
        }
      })
    })
  })
)

transportContract("memory", Layer.provideMerge(rawNetwork, MemoryTransport.layer))
