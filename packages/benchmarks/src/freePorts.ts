/** Finds ports on loopback that nobody has just now. Two calls at once may find the same. */
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"

export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  // All are held until the last is found, so that none is found twice.
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"))
  await Promise.all(servers.map((server) => once(server, "listening")))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), "close")))
  return ports
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!
