/** What the sockets of Node.js can do: every body is written, and its bytes are counted back. */
import { createConnection, createServer, type AddressInfo } from "node:net"
import { once } from "node:events"
import type { Contender } from "../Benchmark.ts"
import { withPromises } from "../closedLoop.ts"
import { bodyBytes } from "./bulk.ts"

export const serve = async (): Promise<number> => {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy())
    socket.pipe(socket)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

export const connect: Contender["connect"] = async (port) => {
  const socket = createConnection(port, "127.0.0.1").setNoDelay(true)
  await once(socket, "connect")
  const waiting: Array<() => void> = []
  let received = 0
  socket.on("data", (chunk) => {
    received += chunk.length
    for (; received >= bodyBytes; received -= bodyBytes) waiting.shift()!()
  })
  const body = new Uint8Array(bodyBytes).fill(7)
  return withPromises(
    () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
        socket.write(body)
      })
  )
}
