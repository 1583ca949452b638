import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { UnknownOutcome } from "../../src/client/CallError.ts"
import * as Attempt from "../../src/client/internal/attempt.ts"
import { outcomeOf } from "../../src/client/internal/doubt.ts"
import * as Placed from "../../src/client/internal/placed.ts"
import type { Link, LinkReply } from "../../src/client/Link.ts"
import { Links } from "../../src/client/Links.ts"
import * as RetryBudget from "../../src/client/pure/RetryBudget.ts"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { Placement } from "../../src/cloud/Placement.ts"
import { NodeId } from "../../src/cloud/UpdateInfo.ts"
import { Halt } from "../../src/Halt.ts"
import { Unavailable } from "../../src/log/ReplicatedLog.ts"
import { Overloaded } from "../../src/service/Refusal.ts"

const lost = new UnknownOutcome({ service: "Execute", node: "a" })
const noLeader = new Unavailable({ reason: "NoLeader" })

it("[CL15] a write is in doubt when one attempt broke, whatever another node says of its own", () => {
  const full = new Overloaded({ retryAfterMs: 50, reason: "log" })
  for (const error of [noLeader, full]) {
    assert.strictEqual(outcomeOf("Execute", { doubt: lost }, error), lost)
    assert.strictEqual(outcomeOf("Execute", {}, error), error)
  }
})

it("[CL15] what a write came to is the same for all attempts", () => {
  const mismatch = { _tag: "RevisionMismatch" }
  assert.strictEqual(outcomeOf("Execute", { doubt: lost }, mismatch), mismatch)
  assert.strictEqual(outcomeOf("Thumbnail", { doubt: lost }, noLeader), noLeader)
})

it.effect("[CL15] an answer says whether an earlier attempt may have run", () =>
  Effect.gen(function* () {
    const answers = [
      Effect.fail(new Attempt.Missed(NodeId.make("a"), { _tag: "Unknown" }, lost)),
      Effect.succeed({ head: { load: {} }, body: new Uint8Array() } as LinkReply)
    ]
    const placed = yield* Placed.make(
      () => Effect.suspend(() => answers.shift()!),
      RetryBudget.make(),
      () => 0
    )
    const running = {
      call: { head: { service: "Execute" }, body: new Uint8Array() },
      service: "Execute",
      startMs: 0,
      deadlineMs: 1000,
      key: "k",
      sent: true
    } as Attempt.Running
    const answer = yield* placed(running, "keyed")
    assert.strictEqual(answer.doubt, lost)
  }).pipe(Effect.provide(twoNodes))
)

const link = (node: NodeId) => [node, { node } as Link] as const
const nodes = ["a", "b"].map((name) => NodeId.make(name))

/** Two connections, of which the first that was not tried is taken. */
const twoNodes = Layer.mergeAll(
  NodeTable.layer,
  Layer.mock(Links, { connected: () => new Map(nodes.map(link)), heard: () => {} }),
  Layer.mock(Placement, {
    pick: (_, { exclude = new Set() }) =>
      Effect.succeed({ node: nodes.find((node) => !exclude.has(node))!, done: () => {} })
  })
).pipe(Layer.provide(Halt.layer))
