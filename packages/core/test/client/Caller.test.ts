import { assert, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Caller from "../../src/client/internal/caller.ts"
import { type Link, LinkLost, type LinkReply } from "../../src/client/Link.ts"
import { Links } from "../../src/client/Links.ts"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { NoNodeAvailable, Placement } from "../../src/cloud/Placement.ts"
import { Halt } from "../../src/Halt.ts"
import { NotReady, Overloaded, type Refusal } from "../../src/service/Refusal.ts"
import { nodeId } from "../cloud/support.ts"

const refused = (refusal: Refusal) => Effect.succeed({ head: { refusal } } as LinkReply)
const full = refused(new Overloaded({ retryAfterMs: 100, reason: "queue" }))
const behind = refused(new NotReady({ node: "b", state: "catchingUp" }))
const lost = (started: boolean) => Effect.fail(new LinkLost({ node: "a", started }))

it.effect.each([
  ["was refused by all", [full, behind], false],
  ["never left, and was refused", [lost(false), full], false],
  ["was lost, and then refused", [lost(true), full, behind], true],
  ["is still at a node", [full, Effect.never], true]
] as const)(
  "[CL9] when its time is over, a call that %s knows if it may have started",
  ([, ends, started]) =>
    Effect.gen(function* () {
      const caller = yield* Caller.make
      const call = { head: { service: "Read", mode: "bytes" }, body: new Uint8Array() } as const
      const late = yield* Effect.forkChild(
        Effect.flip(caller.send({ ...call, repeat: "read", timeout: "1 second" }))
      )
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(late), { _tag: "DeadlineExceeded", started })
    }).pipe(Effect.provide(nodes(ends)))
)

/** A node for each end of an attempt. There is another one, which takes long to answer a dial. */
const nodes = (ends: ReadonlyArray<Effect.Effect<LinkReply, LinkLost>>) => {
  const links = new Map(
    ends.map((end, at) => {
      const node = nodeId(at)
      return [node, { node, request: () => end } as unknown as Link]
    })
  )
  return Layer.mergeAll(
    NodeTable.layer,
    SecureRandom.layerWebCrypto,
    Layer.mock(Links, { connected: () => links, heard: () => {}, another: () => Effect.never }),
    Layer.mock(Placement, {
      pick: (service, { exclude = new Set() }) => {
        const node = [...links.keys()].find((node) => !exclude.has(node))
        return node === undefined
          ? Effect.fail(new NoNodeAvailable({ service, tried: [] }))
          : Effect.succeed({ node, done: () => {} })
      }
    })
  ).pipe(Layer.provide(Halt.layer))
}
