/** The ways in which a simulated socket fails. */
import * as Socket from "effect/socket/Socket"

const closeError = (code: number) =>
  new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

/** The other side said that it has nothing more to say. */
export const ended = closeError(1000)

/** A reset. */
export const broken = closeError(1006)

export const refused = new Socket.SocketError({
  reason: new Socket.SocketWriteError({ cause: new Error("the other side is gone") })
})
