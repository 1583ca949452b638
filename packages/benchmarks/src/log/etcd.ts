/**
 * Three nodes of etcd. Debian's `etcd-server`.
 *
 * Driven by bare gRPC over one HTTP/2 connection of node:http2, to the leader: its JSON gateway and
 * the gRPC library of npm both cost more. In memory its files are on a memory disk.
 */
import { once } from "node:events"
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2"
import type { Contender } from "../Benchmark.ts"
import { freePorts } from "../freePorts.ts"
import * as Programs from "../programs.ts"
import { storageOf } from "./storage.ts"
import { makeKeys, promises, value } from "./writes.ts"

const storage = storageOf(import.meta.url)

export const serve: NonNullable<Contender["serve"]> = async () => {
  const ports = await freePorts(6)
  const nodes = [0, 1, 2].map((at) => ({
    name: `node-${at}`,
    client: ports[at]!,
    peer: `http://127.0.0.1:${ports[at + 3]}`
  }))
  const cluster = nodes.map(({ name, peer }) => `${name}=${peer}`).join(",")
  for (const { client, name, peer } of nodes) {
    const options = {
      name,
      "data-dir": Programs.folder("etcd", storage),
      "listen-client-urls": `http://127.0.0.1:${client}`,
      "advertise-client-urls": `http://127.0.0.1:${client}`,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": cluster,
      "log-level": "error",
      // By default it stops taking writes at 2 GB.
      "quota-backend-bytes": String(8 * 1024 ** 3)
    }
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    await Programs.start("etcd", args, { install: "apt-get install etcd-server" })
  }
  return leaderOf(nodes.map(({ client }) => client))
}

export const connect: Contender["connect"] = async (port) => {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  await once(session, "connect")
  const key = makeKeys()
  const count = async () => {
    const everything = Buffer.from("\0").toString("base64")
    const body = { key: everything, range_end: everything, count_only: true }
    const { count = 0 } = (await gateway(port, "kv/range", body)) as { readonly count?: string }
    return Number(count)
  }
  return promises(() => put(session, key(), value), count)
}

/** Waits for the election. */
const leaderOf = async (ports: ReadonlyArray<number>): Promise<number> => {
  for (;;) {
    for (const port of ports) {
      const status = await gateway(port, "maintenance/status").catch(() => ({}))
      const { header, leader } = status as Status
      if (header !== undefined && leader === header.member_id) return port
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface Status {
  readonly header?: { readonly member_id: string }
  readonly leader?: string
}

const gateway = async (port: number, path: string, body: object = {}): Promise<unknown> => {
  const url = `http://127.0.0.1:${port}/v3/${path}`
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) })
  return response.json()
}

const putHeaders = {
  ":method": "POST",
  ":path": "/etcdserverpb.KV/Put",
  "content-type": "application/grpc",
  te: "trailers"
}

const put = (session: ClientHttp2Session, key: string, value: string) =>
  new Promise<void>((resolve, reject) => {
    const stream = session.request(putHeaders)
    let status: unknown
    // A refusal without a body has its status among the headers.
    stream.on("response", (headers) => (status = headers["grpc-status"]))
    stream.on("trailers", (trailers) => (status = trailers["grpc-status"]))
    stream.on("error", reject)
    stream.on("end", () => {
      if (status === "0") resolve()
      else reject(new Error(`etcd answered with gRPC status ${String(status)}`))
    })
    stream.resume()
    stream.end(putRequest(key, value))
  })

/** The frame of gRPC, and in it the two fields of a PutRequest. */
const putRequest = (key: string, value: string): Buffer => {
  const message = Buffer.concat([field(1, key), field(2, value)])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const field = (number: number, text: string): Buffer => {
  const bytes = Buffer.from(text)
  const { length } = bytes
  const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), bytes])
}
