import { Address, Transport } from "@distri/core"
import { DistriNode } from "@distri/node"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as path from "node:path"
import * as command from "./command.ts"
import * as Nodes from "./Nodes.ts"
import { Screen } from "./Screen.ts"
import * as Servers from "./Servers.ts"

const silence = Layer.succeed(Screen, {
  say: () => Effect.void,
  progress: (_line, work) => work,
  result: () => Effect.void
})
const platform = Layer.mergeAll(NodeServices.layer, DistriNode.layer, silence)

/** A test in real time, with processes and sockets, that may not hang. */
const runs = <A, E, R extends Layer.Success<typeof platform>>(
  name: string,
  test: () => Effect.Effect<A, E, R | Scope.Scope>
) => it.live(name, () => test().pipe(Effect.scoped, Effect.provide(platform)) as never, 120_000)

describe("input that cannot be used", () => {
  runs("is told in one line that says what to do, and ends with a status", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const empty = path.join(folder, "empty.jpg")
      const large = path.join(folder, "large.jpg")
      yield* fs.writeFile(empty, new Uint8Array())
      yield* fs.writeFile(large, new Uint8Array(16 * 1024 * 1024))
      const table = unusable({ empty, large, none: path.join(folder, "none.jpg"), folder })
      yield* Effect.forEach(
        table,
        ([line, told]) =>
          Effect.map(command.run("main.ts", ...line.split(" ").filter(Boolean)), (ended) => {
            assert.match(ended.stderr, told, line)
            assert.strictEqual(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr)
            assert.strictEqual(ended.stdout, "", line)
            assert.strictEqual(ended.status, 1, line)
          }),
        { concurrency: 6 }
      )
    })
  )

  runs("names the port when the address of a server is in use", () =>
    Effect.gen(function* () {
      const transport = yield* Transport
      const { address } = yield* transport.listen(Address.Address.make("127.0.0.1:0"))
      const { status, stderr } = yield* command.run("main.ts", "--mode", "server", "--ips", address)
      assert.match(stderr, /^error: cannot listen on .* is in use; stop the other process/)
      assert.strictEqual(status, 75)
    })
  )

  runs("says that a server is of another version", () =>
    Effect.gen(function* () {
      const transport = yield* Transport
      const listener = yield* transport.listen(Address.Address.make("127.0.0.1:0"))
      const hello = { distri: 1, protocol: { min: 9, max: 9 }, release: "9.0.0", node: "other" }
      const greet = new TextEncoder().encode(JSON.stringify(hello))
      yield* Effect.forkScoped(
        listener.run((connection) =>
          Effect.andThen(connection.send(greet), Effect.forever(connection.receive))
        )
      )
      const args = ["--mode", "client", "--ips", listener.address]
      const { status, stderr } = yield* command.run("main.ts", ...args)
      assert.match(stderr, /protocol differs.*9 \(release 9\.0\.0\).*run the same release/)
      assert.strictEqual(status, 1)
    })
  )
})

describe("a client of a running cloud", () => {
  runs("seals a picture, opens it again, and never replaces a file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const image = path.join(folder, "photo.jpg")
      yield* fs.writeFile(
        image,
        Uint8Array.from({ length: 9000 }, (_, index) => index * 7)
      )
      const { addresses } = yield* Servers.start({ count: 2 })
      const args = [
        "--mode",
        "client",
        "--ips",
        addresses.join(),
        "--image",
        image,
        "--out",
        folder
      ]

      const first = yield* command.run("main.ts", ...args, "--report", "--json")
      assert.strictEqual(first.status, 0, first.stderr)
      assert.include(first.stderr, "identical, bit for bit")
      assert.match(first.stderr, /DB Data: +pictures: 1 entries/)
      const file = path.join(folder, "photo.sealed.png")
      assert.include(command.lastLine(first), { ok: true, file, bytes: 9000 })
      assert.isTrue(yield* fs.exists(file))

      const second = yield* command.run("main.ts", ...args)
      assert.match(second.stderr, /photo\.sealed\.png exists/)
      assert.strictEqual(second.status, 1)
    })
  )
})

describe("a load test", () => {
  runs("encrypts for each client and opens every reply", () =>
    Effect.gen(function* () {
      const ended = yield* test("test-client-encrypt", "--n", "5", "--n-servers", "1")
      assert.strictEqual(ended.status, 0, ended.stderr)
      assert.include(command.lastLine(ended), { failed: 0, tasks: 50, saved: 50 })
      const keys = Object.keys(command.lastLine(ended) as object)
      assert.includeMembers(keys, ["avgMs", "p50Ms", "p99Ms", "seconds"])
      noneLeft(ended)
    })
  )

  runs("finds the documents of all clients on every node", () =>
    Effect.gen(function* () {
      const ended = yield* test("test-client-db", "--n", "5", "--n-servers", "3")
      assert.strictEqual(ended.status, 0, ended.stderr)
      assert.include(command.lastLine(ended), { failed: 0, tasks: 20, saved: 5 })
      noneLeft(ended)
    })
  )

  runs("loses nothing when a server is killed in the middle", () =>
    Effect.gen(function* () {
      const ended = yield* signalOneOf("SIGKILL")
      assert.match(ended.stderr, /Server \S+ \(pid \d+\) was killed; the run goes on/)
      assert.include(command.lastLine(ended), { failed: 0, tasks: 500, saved: 500 })
      assert.strictEqual(ended.status, 0, ended.stderr)
      noneLeft(ended)
    })
  )

  runs("loses nothing when a server is told to stop in the middle", () =>
    Effect.gen(function* () {
      const ended = yield* signalOneOf("SIGTERM")
      assert.match(ended.stderr, /Server \S+ \(pid \d+\) ended with status 0; the run goes on/)
      assert.include(command.lastLine(ended), { failed: 0, tasks: 500, saved: 500 })
      assert.strictEqual(ended.status, 0, ended.stderr)
      noneLeft(ended)
    })
  )

  runs("stops its servers when the user interrupts it, or when it is killed", () =>
    Effect.forEach(
      ["SIGINT", "SIGKILL"] as const,
      Effect.fnUntraced(function* (signal) {
        const args = ["--mode", "test-client-encrypt", "--n", "200", "--n-servers", "2", "--json"]
        const running = yield* command.start("main.ts", args)
        const servers = yield* underLoad(running.output)
        process.kill(running.pid, signal)
        const { status } = yield* running.ended
        assert.strictEqual(status, signal === "SIGINT" ? 130 : undefined)
        yield* soon(() => servers.every(({ pid }) => !command.isAlive(pid)))
      }),
      { concurrency: "unbounded" }
    )
  )
})

/** Command lines that cannot be used, and what each is told. */
const unusable = (
  files: Readonly<Record<"empty" | "large" | "none" | "folder", string>>
): ReadonlyArray<readonly [line: string, told: RegExp]> => {
  const encrypt = "--mode test-client-encrypt"
  // Nothing listens on port 1, and no process of a user may.
  const nobody = "--mode client --ips 127.0.0.1:1"
  return [
    ["", /Missing required flag: --mode/],
    ["--mode dance", /"dance".*Expected.*"client"/],
    ["--mode client", /needs --ips, such as/],
    ["--mode client --ips 127.0.0.1", /not an address.*write it like 127\.0\.0\.1:7400/],
    ["--mode client --ips 127.0.0.1:7400,", /a part between commas is empty/],
    ["--mode server --ips 127.0.0.1:0", /has no port/],
    ["--mode server --ips 10.1.2.3:7400", /not on this machine/],
    [`${encrypt} --n 0`, /--n: "0".*from 1 to/],
    [`${encrypt} --n many`, /--n: "many"/],
    [`${encrypt} --n-servers 99`, /--n-servers: "99".*from 1 to/],
    [`${encrypt} --image ${files.none}`, /no file .*none\.jpg/],
    [`${encrypt} --image ${files.folder}`, /is no file/],
    [`${encrypt} --image ${files.empty}`, /is empty/],
    [`-- ${encrypt} --image ${files.large}`, /16\.0 MiB.*at most 15\.9 MiB; save it smaller/],
    ["--mode test-servers --ips 127.0.0.1:1", /leave out --ips/],
    ["--mood server", /--mood/],
    [nobody, /no node can serve Encrypt.*nothing listens there.*check that the cloud runs/],
    ["--mode test-client-db --ips 127.0.0.1:1", /no node can serve.*nothing listens there/]
  ]
}

const test = (mode: string, ...args: ReadonlyArray<string>) =>
  command.run("main.ts", "--mode", mode, "--json", ...args)

const noneLeft = ({ stderr }: command.Ended) => {
  for (const { pid } of command.serversIn(stderr)) assert.isFalse(command.isAlive(pid), `${pid}`)
}

/** Sends a signal to one of three servers while 50 clients keep them busy. */
const signalOneOf = Effect.fnUntraced(function* (signal: "SIGKILL" | "SIGTERM") {
  const args = ["--mode", "test-client-encrypt", "--n", "50", "--n-servers", "3", "--json"]
  const { ended, output } = yield* command.start("main.ts", args)
  const [first] = yield* underLoad(output)
  process.kill(first!.pid, signal)
  return yield* ended
})

/** Waits until the servers that a command has started work on its tasks. */
const underLoad = Effect.fnUntraced(function* (output: { readonly stderr: string }) {
  const servers = () => command.serversIn(output.stderr)
  yield* soon(() => servers().length > 0 && output.stderr.endsWith("\n"))
  const seeds = servers().map(({ address }) => Address.Address.make(address))
  yield* Nodes.reports(seeds).pipe(
    Effect.flatMap((reports) => {
      const busy = [...reports.values()].filter(({ completed }) => completed > 3)
      return busy.length === seeds.length ? Effect.void : Effect.fail("not yet")
    }),
    Effect.retry({ schedule: Schedule.spaced("50 millis") }),
    Effect.timeout("30 seconds")
  )
  return servers()
})

const soon = (holds: () => boolean) =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry({ schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("30 seconds")
  )
