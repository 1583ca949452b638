import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as path from "node:path"
import * as command from "./command.ts"

it.live(
  "the demo encrypts a picture of a camera's size, shares documents, and leaves no process",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const image = path.join(yield* fs.makeTempDirectoryScoped(), "camera.jpg")
      const bytes = 6_500_000
      yield* fs.writeFile(
        image,
        Uint8Array.from({ length: bytes }, (_, index) => index * index)
      )

      const ended = yield* command.run("demo.ts", "--", "--json", "--nodes", "2", "--image", image)

      assert.strictEqual(ended.status, 0, ended.stderr)
      const { db, encrypt, image: sealed, nodes, ok, stats } = command.lastLine(ended) as Result
      assert.isTrue(ok)
      assert.strictEqual(nodes, 2)
      assert.include(sealed, { bytes, identical: true })
      assert.include(encrypt, { tasks: 30, failed: 0 })
      assert.deepStrictEqual(db, { written: 20, readBack: 20, failed: 0 })
      assert.strictEqual(stats.length, 2)
      assert.strictEqual(new Set(stats.map(({ digest }) => digest)).size, 1)
      assert.include(ended.stderr, "identical, bit for bit")
      for (const { pid } of command.serversIn(ended.stderr)) assert.isFalse(command.isAlive(pid))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  120_000
)

interface Result {
  readonly ok: boolean
  readonly nodes: number
  readonly image: object
  readonly encrypt: object
  readonly db: object
  readonly stats: ReadonlyArray<{ readonly digest: string }>
}
