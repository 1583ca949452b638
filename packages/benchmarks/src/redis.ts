/** Runs Redis on loopback, without snapshots. Debian's `redis-server`. */
import { createClient } from "redis"
import { freePort } from "./freePorts.ts"
import * as Programs from "./programs.ts"

/** Resolves with its port once it answers. */
export const serveRedis = async (
  folder: string,
  options: ReadonlyArray<string> = []
): Promise<number> => {
  const port = await freePort()
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder]
  const quiet = ["--save", "", "--loglevel", "warning"]
  await Programs.start("redis-server", [...place, ...quiet, ...options], {
    install: "apt-get install redis-server"
  })
  await answering(port)
  return port
}

export const connected = async (port: number) => {
  const client = createClient({ socket: { host: "127.0.0.1", port } })
  await client.connect()
  return client
}

const answering = async (port: number): Promise<void> => {
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
