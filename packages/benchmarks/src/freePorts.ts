/**
 * Finds ports on loopback that nobody has just now, below those that systems give to who dials: a server
 * that is killed and started again must find its port free. Two calls at once may find the same.
 */
import { createServer } from "node:net"

const low = 12_000
const high = 32_000

export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const found = new Set<number>()
  while (found.size < count) {
    const port = low + Math.floor(Math.random() * (high - low))
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
