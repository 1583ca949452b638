/** What a program has of a connection: one side of it, as a socket of Effect. */
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { SimConnection, Side } from "./SimConnection.ts"

export const simSocket = (connection: SimConnection, side: Side): Socket.Socket => {
  const reader: Socket.Reader = {
    pull: side.incoming.read,
    upgrade: Socket.SocketUpgradeError.unsupported
  }
  const writer: Socket.Writer = {
    writeAll: (chunks) => Effect.suspend(() => side.outgoing.write(joined(chunks))),
    write: (chunk) =>
      Socket.isCloseEvent(chunk)
        ? Effect.sync(() => connection.abort(side))
        : Effect.suspend(() => side.outgoing.write(joined([chunk])))
  }
  return Socket.make({
    reader: Effect.acquireRelease(Effect.succeed(reader), () =>
      Effect.sync(() => connection.close(side))
    ),
    writer: Effect.acquireRelease(Effect.succeed(writer), () =>
      Effect.sync(() => side.outgoing.finish())
    )
  })
}

/** A copy: the two sides never share memory. */
const joined = (chunks: ReadonlyArray<Uint8Array | string>): Uint8Array => {
  const parts = chunks.map((chunk) =>
    typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk
  )
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
