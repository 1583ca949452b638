/**
 * Opens a connection as TCP does: a packet there, a packet back, and both again after 1, 3 and 7 s while
 * none came. A machine that runs but has no listener refuses; a lost one says nothing.
 */
import * as Address from "@distri/core/transport/Address"
import { DialFailed } from "@distri/core/transport/Transport"
import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import type { Place, SimConnection } from "./SimConnection.ts"
import type { SimNet } from "./SimNet.ts"
import { simSocket } from "./simSocket.ts"

const triesAtMs = [0, 1_000, 3_000, 7_000, 15_000, 31_000]

/** Waits for ever where nobody answers. */
export const dial = (
  net: SimNet,
  from: Place,
  address: Address.Address
): Effect.Effect<Socket.Socket, DialFailed> =>
  Effect.callback((resume) => {
    const to = net.hostAt(Address.parts(address).host)
    if (to === undefined) {
      return resume(failed(address, "no machine of this name is known"))
    }
    const { kernel } = net
    const there = net.link(from.host.name, to.name)
    const back = net.link(to.name, from.host.name)
    let connection: SimConnection | undefined
    let isOver = false

    const answer = (result: () => Effect.Effect<Socket.Socket, DialFailed>) => {
      if (back.isCut) return
      kernel.setTimer(net.process, back.delayMs(kernel.nowMs, 1), () =>
        from.process.deliver(() => {
          if (isOver) return
          finish()
          resume(result())
        })
      )
    }
    const arrive = () => {
      if (to.isDark) return
      if (connection === undefined) {
        const listening = net.listening.get(address)
        if (listening === undefined) return answer(() => refused(address))
        connection = net.connect(from, listening)
        const { right } = connection
        if (isOver) connection.lose(connection.left)
        listening.process.deliver(() => listening.onConnection(connection!, right))
      }
      const { left } = connection
      answer(() => Effect.succeed(simSocket(connection!, left)))
    }
    const tries = triesAtMs.map((afterMs) =>
      kernel.setTimer(net.process, afterMs, () => {
        if (!there.isCut) kernel.setTimer(net.process, there.delayMs(kernel.nowMs, 1), arrive)
      })
    )
    const finish = () => {
      isOver = true
      for (const one of tries) kernel.cancel(one)
    }
    return Effect.sync(() => {
      finish()
      if (connection !== undefined) connection.lose(connection.left)
    })
  })

const refused = (address: Address.Address) =>
  Effect.fail(new DialFailed({ address, reason: "nothing listens there", isRefused: true }))

const failed = (address: Address.Address, reason: string) =>
  Effect.fail(new DialFailed({ address, reason }))
