/** Moleculer with its TCP transporter. Its action validates nothing. */
import { ServiceBroker } from "moleculer"
import type { Contender } from "../Benchmark.ts"
import { withPromises } from "../closedLoop.ts"
import { freePort } from "../freePorts.ts"
import { person } from "./Person.ts"

export const serve = async (): Promise<number> => {
  const port = await freePort()
  const broker = makeBroker("server", port, "")
  broker.createService({
    name: "people",
    actions: { echo: (context: { readonly params: unknown }) => context.params }
  })
  await broker.start()
  return port
}

export const connect: Contender["connect"] = async (port) => {
  const broker = makeBroker("client", await freePort(), `127.0.0.1:${port}/server`)
  await broker.start()
  await broker.waitForServices("people")
  return withPromises(() => broker.call("people.echo", person))
}

const makeBroker = (nodeID: string, port: number, urls: string) =>
  new ServiceBroker({
    nodeID,
    logger: false,
    transporter: { type: "TCP", options: { udpDiscovery: false, port, urls } }
  })
