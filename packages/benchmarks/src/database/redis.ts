/** Redis over loopback, without persistence. Debian's `redis-server`; without it there is no row. */
import * as Programs from "../programs.ts"
import { connected, serveRedis } from "../redis.ts"
import { withPromises } from "../closedLoop.ts"
import { idOf, people, person, pick, size } from "./documents.ts"
import { taskOf, type Tasks } from "./task.ts"

const filled = async (port: number) => {
  const client = await connected(port)
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
    const client = await filled(port)
    return withPromises(async () => JSON.parse((await client.get(idOf(pick(size))))!))
  },
  insert: async (port) => {
    const client = await filled(port)
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
    const client = await filled(port)
    // To its disk, and back into memory.
    return withPromises(async () => {
      await client.sendCommand(["SAVE"])
      await client.sendCommand(["DEBUG", "RELOAD", "NOSAVE"])
    })
  }
}

export const connect = taskOf(import.meta.url, tasks)

export const serve = (): Promise<number> =>
  serveRedis(Programs.folder("redis", "disk"), ["--enable-debug-command", "yes"])
