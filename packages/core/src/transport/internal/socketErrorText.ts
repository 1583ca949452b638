import type * as Socket from "effect/socket/Socket"

/** What went wrong with a socket, in the words of its cause: the outer words are always the same. */
export const socketErrorText = ({ reason }: Socket.SocketError): string => {
  if (reason._tag === "SocketCloseError") return "it was cut"
  return reason.cause instanceof Error ? reason.cause.message : reason.message
}
