/** Redis over loopback, without persistence. Debian's `redis-server`; without it there is no row. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "redis"
import { withPromises } from "../closedLoop.ts"
import { idOf, people, person, pick, size } from "./documents.ts"
import { taskOf, type Tasks } from "./task.ts"

const connected = async (port: number) => {
  const client = createClient({ socket: { host: "127.0.0.1", port } })
  await client.connect()
  for (let at = 0; at < size; at += 1000)
    await Promise.all(
      people(1000).map((_, offset) =>
        client.set(idOf(at + offset), JSON.stringify(person(at + offset)))
      )
    )
  return client
}

const tasks: Tasks = {
  get: async (port) => {
    const client = await connected(port)
    return withPromises(async () => JSON.parse((await client.get(idOf(pick(size))))!))
  },
  insert: async (port) => {
    const client = await connected(port)
    let at = size
    return withPromises(() => {
      const document = person(at++)
      return client
        .multi()
        .set(document._id, JSON.stringify(document))
        .zAdd("age", { score: document.age, value: document._id })
        .sAdd(document.city, document._id)
        .exec()
    })
  },
  snapshot: async (port) => {
    const client = await connected(port)
    // To its disk, and back into memory.
    return withPromises(async () => {
      await client.sendCommand(["SAVE"])
      await client.sendCommand(["DEBUG", "RELOAD", "NOSAVE"])
    })
  }
}

export const connect = taskOf(import.meta.url, tasks)

export const serve = async (): Promise<number> => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "distri-redis-"))
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder]
  const quiet = ["--save", "", "--loglevel", "warning", "--enable-debug-command", "yes"]
  const server = spawn("redis-server", [...options, ...quiet], { stdio: "ignore" })
  process.on("exit", () => {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  const failed = once(server, "error").then(([error]) => {
    throw new Error(`redis-server is not installed (${String(error)})`)
  })
  await Promise.race([failed, answering(port)])
  return port
}

const answering = async (port: number) => {
  for (;;) {
    const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: false } })
    client.on("error", () => {})
    try {
      await client.connect()
      return client.destroy()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}
