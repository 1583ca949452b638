import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { release } from "../../src/service/Handshake.ts"
import { Transport } from "../../src/transport/Transport.ts"
import { address, Base, Echo, startClient, startNode } from "../cloud/cloud.ts"
import { passing } from "../passing.ts"

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (value: string) => new TextEncoder().encode(value)
/** What the other side sends until the connection ends. */
const readAll = Effect.fnUntraced(function* (connection: {
  readonly receive: Effect.Effect<ReadonlyArray<Uint8Array>, unknown>
}) {
  const frames: Array<string> = []
  yield* Effect.ignore(
    Effect.forever(Effect.map(connection.receive, (batch) => frames.push(...batch.map(text))))
  )
  return frames
})

describe("Handshake", () => {
  it("the release that is shown is the one that is published", () => {
    const file = new URL("../../package.json", import.meta.url)
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }
    assert.strictEqual(release, version)
  })

  it.effect("a connection that says nothing is closed after 5 seconds", () =>
    Effect.gen(function* () {
      yield* passing(startNode(7401))
      const connection = yield* Effect.flatMap(Transport, ({ dial }) => dial(address(7401)))
      const ended = yield* Effect.forkChild(readAll(connection))
      yield* TestClock.adjust("4 seconds")
      assert.isUndefined(ended.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      const frames = yield* Fiber.join(ended)
      assert.strictEqual(frames.length, 1)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL20] a client of a node of another release gets both versions, at once", () =>
    Effect.gen(function* () {
      const transport = yield* Transport
      const listener = yield* transport.listen(address(7401))
      const hello = { distri: 1, protocol: { min: 8, max: 9 }, release: "9.0.0", node: "n" }
      yield* listener
        .run((connection) =>
          Effect.andThen(connection.send(bytes(JSON.stringify(hello))), readAll(connection))
        )
        .pipe(Effect.forkScoped)
      const client = yield* startClient([7401])
      const error = yield* Effect.flip(client.call(Echo, bytes("x")))
      assert.deepInclude(error, {
        _tag: "VersionMismatch",
        what: "protocol",
        ours: `1 (release ${release})`,
        theirs: "8 to 9 (release 9.0.0)"
      })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("clouds of different names do not mix", () =>
    Effect.gen(function* () {
      yield* startNode(7401, [], { cluster: "theirs" })
      const client = yield* startClient([7401], 2, "ours")
      const error = yield* Effect.flip(client.call(Echo, bytes("x")))
      assert.deepInclude(error, {
        _tag: "VersionMismatch",
        what: "cloud",
        ours: "ours",
        theirs: "theirs"
      })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
