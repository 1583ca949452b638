/** The least a program can do: frames with a length before them, JSON inside, one write a turn. */
import { createConnection, createServer, type Socket } from "node:net"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import type { Contender } from "../Benchmark.ts"
import { withPromises } from "../closedLoop.ts"
import { person } from "./Person.ts"

interface Message {
  readonly id: number
  readonly value: unknown
}

export const serve = async (): Promise<number> => {
  const server = createServer((socket) => {
    const send = frame(socket, (message) => send(message))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

export const connect: Contender["connect"] = async (port) => {
  const socket = createConnection(port, "127.0.0.1")
  await once(socket, "connect")
  const waiting = new Map<number, (value: unknown) => void>()
  const send = frame(socket, ({ id, value }) => {
    waiting.get(id)!(value)
    waiting.delete(id)
  })
  let lastId = 0
  return withPromises(
    () =>
      new Promise((resolve) => {
        waiting.set(++lastId, resolve)
        send({ id: lastId, value: person })
      })
  )
}

/** Reads messages from `socket`; the result sends one. */
const frame = (socket: Socket, receive: (message: Message) => void) => {
  socket.setNoDelay(true)
  let rest: Buffer = Buffer.alloc(0)
  let frames: Array<Buffer> = []
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.length >= at + 4 && rest.length >= at + 4 + rest.readUInt32BE(at)) {
      const end = at + 4 + rest.readUInt32BE(at)
      receive(JSON.parse(rest.toString("utf8", at + 4, end)))
      at = end
    }
    rest = rest.subarray(at)
  })
  socket.on("error", () => socket.destroy())
  return (message: Message) => {
    const text = JSON.stringify(message)
    const bytes = Buffer.byteLength(text)
    const buffer = Buffer.allocUnsafe(4 + bytes)
    buffer.writeUInt32BE(bytes)
    buffer.write(text, 4)
    if (frames.push(buffer) > 1) return
    setImmediate(() => {
      socket.write(Buffer.concat(frames))
      frames = []
    })
  }
}
