import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Stream from "effect/Stream"

const run = Effect.fnUntraced(
  function* (file: string, ...args: ReadonlyArray<string>) {
    const child = yield* ChildProcess.make(
      process.execPath,
      [`${import.meta.dirname}/${file}`, ...args],
      { forceKillAfter: "20 seconds" }
    )
    const read = (output: typeof child.stdout) =>
      output.pipe(Stream.decodeText, Stream.mkString, Effect.forkScoped)
    const [stdout, stderr] = [yield* read(child.stdout), yield* read(child.stderr)]
    const status = yield* child.exitCode
    return { status, stdout: yield* Fiber.join(stdout), stderr: yield* Fiber.join(stderr) }
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1)

it.live(
  "pages, changes and copies agree while parcels are written, and after a node is killed",
  () =>
    Effect.gen(function* () {
      const { status, stderr, stdout } = yield* run("main.ts", "--json")
      assert.strictEqual(status, 0, stderr)
      const figures = JSON.parse(stdout) as { readonly [name: string]: any }
      assert.deepInclude(figures, { ok: true, nodes: 3, added: 10_000, issues: [] })
      assert.strictEqual(figures["untouchedOnce"], figures["untouched"])
      for (const name of ["pages", "untouched", "writesWhilePaging", "changesAfterTheKill"]) {
        assert.isAbove(figures[name], 0, name)
      }
      const lines = stderr.trimEnd().split("\n")
      const words = ["Nodes", "Added", "Paged", "Watched", "Killed", "Wrote", "Compared"]
      for (const word of words)
        assert.isTrue(
          lines.some((line) => line.startsWith(word)),
          word
        )
      assert.strictEqual(lines.at(-1), "All was right.")
      const pid = Number(/\(pid (\d+)\)/.exec(stderr)?.[1])
      assert.throws(() => process.kill(pid, 0))
    }),
  90_000
)

it.live(
  "every section of the guide runs, and says what the page shows",
  () =>
    Effect.gen(function* () {
      const { status, stderr, stdout } = yield* run("guide.ts")
      assert.strictEqual(status, 0, stderr + stdout)
      for (const line of [
        "the document cannot be stored: age: Expected an integer",
        'the document "ada" of "users" has this key in the unique index "email" already',
        'Index city (address.city = "Oslo", age >= 60): 28 looked at, 28 found',
        "Scan: 252 looked at, 1 found",
        "initial order-1\nready\nleft order-1",
        "alan has spent 100",
        '[{"_id":"n1","by":"ada","at":{"$date":1893456000000}}]'
      ]) {
        assert.include(stdout, line)
      }
      assert.strictEqual(lastLine(stdout), "All was right.")
    }),
  60_000
)
