/**
 * A stream of NATS JetStream with three replicas. Debian's `nats-server`.
 *
 * Each value is published to the leader of the stream under a subject of its own, and acknowledged
 * by it.
 *
 * **Gotchas**
 *
 * On a disk it does not wait for the disk: by default it syncs its files every two minutes.
 */
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream"
import { connect as connectNats } from "@nats-io/transport-node"
import { existsSync } from "node:fs"
import type { Contender } from "../Benchmark.ts"
import { freePorts } from "../freePorts.ts"
import * as Programs from "../programs.ts"
import { storageOf } from "./storage.ts"
import { makeKeys, promises, value } from "./writes.ts"

const storage = storageOf(import.meta.url)
const stream = "benchmark"

export const serve: NonNullable<Contender["serve"]> = async () => {
  const ports = await freePorts(6)
  const routes = ports.slice(3).map((port) => `nats-route://127.0.0.1:${port}`)
  // Debian keeps it where only root looks.
  const command = existsSync("/usr/sbin/nats-server") ? "/usr/sbin/nats-server" : "nats-server"
  for (const at of [0, 1, 2]) {
    const args = ["--name", `node-${at}`, "--addr", "127.0.0.1", "--port", String(ports[at])]
    const cluster = ["--cluster_name", "benchmark", "--cluster", routes[at]!]
    const data = ["--jetstream", "--store_dir", Programs.folder("nats", storage)]
    await Programs.start(command, [...args, ...cluster, "--routes", routes.join(","), ...data], {
      install: "apt-get install nats-server"
    })
  }
  const leader = await createStream(ports[0]!)
  return ports[Number(leader.split("-")[1])]!
}

export const connect: Contender["connect"] = async (port) => {
  const connection = await connectNats({ port })
  const { streams } = await jetstreamManager(connection)
  const client = jetstream(connection)
  const key = makeKeys()
  const bytes = new TextEncoder().encode(value)
  return promises(
    () => client.publish(`${stream}.${key()}`, bytes),
    async () => (await streams.info(stream)).state.messages
  )
}

/** Waits until the three have found each other; resolves with the name of the stream's leader. */
const createStream = async (port: number): Promise<string> => {
  for (;;) {
    try {
      const connection = await connectNats({ port, reconnect: false })
      try {
        const { streams } = await jetstreamManager(connection)
        const config = { subjects: [`${stream}.>`], storage: kinds[storage], num_replicas: 3 }
        await streams.add({ name: stream, ...config })
        const { cluster } = await streams.info(stream)
        if (cluster?.leader !== undefined) return cluster.leader
      } finally {
        await connection.close()
      }
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const kinds = { disk: StorageType.File, memory: StorageType.Memory }
