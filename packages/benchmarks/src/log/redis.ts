/**
 * One Redis. Debian's `redis-server`.
 *
 * On a disk it syncs before it answers (`appendfsync always`); in memory it keeps nothing.
 */
import type { Contender } from "../Benchmark.ts"
import * as Programs from "../programs.ts"
import { connected, serveRedis } from "../redis.ts"
import { storageOf } from "./storage.ts"
import { makeKeys, promises, value } from "./writes.ts"

const storage = storageOf(import.meta.url)

export const serve: NonNullable<Contender["serve"]> = () =>
  serveRedis(
    Programs.folder("redis", storage),
    storage === "disk" ? ["--appendonly", "yes", "--appendfsync", "always"] : []
  )

export const connect: Contender["connect"] = async (port) => {
  const client = await connected(port)
  const key = makeKeys()
  return promises(
    () => client.set(key(), value),
    () => client.dbSize()
  )
}
