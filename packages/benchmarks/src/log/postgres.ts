/**
 * One PostgreSQL, one transaction for each value. Debian's `postgresql`.
 *
 * Each value in flight has a connection of its own, up to a limit: the transactions of one
 * connection are committed one after the other, those of several by one write of the log. In memory
 * it waits for no disk (`fsync=off`).
 */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import postgres from "postgres"
import type { Contender } from "../Benchmark.ts"
import { freePort } from "../freePorts.ts"
import * as Programs from "../programs.ts"
import { storageOf } from "./storage.ts"
import { makeKeys, promises, value } from "./writes.ts"

const storage = storageOf(import.meta.url)
const connectionsMax = 64

export const serve: NonNullable<Contender["serve"]> = async () => {
  const programs = programsFolder()
  const user = userOf()
  const folder = Programs.folder("postgres", storage, user)
  const options = { ...user, cwd: folder }
  const initialize = ["-D", folder, "-A", "trust", "-U", "benchmark", "-E", "UTF8"]
  execFileSync(join(programs, "initdb"), initialize, { ...options, stdio: "ignore" })
  const port = await freePort()
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: String(connectionsMax + 10),
    shared_buffers: "512MB",
    max_wal_size: "8GB",
    ...(storage === "memory" && { fsync: "off" })
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  await Programs.start(join(programs, "postgres"), ["-D", folder, "-p", String(port), ...args], {
    ...options,
    // It ends now, instead of waiting for its clients to go.
    stopSignal: "SIGINT"
  })
  await createTable(port)
  return port
}

export const connect: Contender["connect"] = async (port) => {
  const sql = connection(port, connectionsMax)
  const key = makeKeys()
  const count = async () => Number((await sql`select count(*) from entries`)[0]!["count"])
  return promises(() => sql`insert into entries values (${key()}, ${value})`, count)
}

const connection = (port: number, max: number) =>
  postgres({ host: "127.0.0.1", port, user: "benchmark", database: "postgres", max })

const createTable = async (port: number): Promise<void> => {
  const sql = connection(port, 1)
  for (;;) {
    try {
      await sql`create table entries (key text primary key, value text not null)`
      return await sql.end()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Debian keeps them beside the path, by version. */
const programsFolder = (): string => {
  const root = "/usr/lib/postgresql"
  const versions = existsSync(root) ? readdirSync(root) : []
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0]
  if (newest === undefined)
    throw new Error("skipped, it is not installed: apt-get install postgresql")
  return join(root, newest, "bin")
}

/** It refuses to run as root. Its package has made a user for it. */
const userOf = (): Programs.User | undefined =>
  process.getuid?.() === 0 ? { uid: idOf("--user"), gid: idOf("--group") } : undefined

const idOf = (option: string): number =>
  Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }))
