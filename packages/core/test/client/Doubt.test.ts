import { assert, it } from "@effect/vitest"
import { SessionExpired, TooManyUnacknowledged } from "@distri/store/command/Refusal"
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
import type { RequestHead } from "../../src/service/Wire.ts"
import { NotReady, Overloaded } from "../../src/service/Refusal.ts"

const lost = new UnknownOutcome({ service: "Execute", node: "a" })
const noLeader = new Unavailable({ reason: "NoLeader" })

it("[CL15] a write is in doubt when one attempt broke, whatever another node says of its own", () => {
  const full = new Overloaded({ retryAfterMs: 50, reason: "log" })
  const expired = new SessionExpired({ session: "s" })
  const unacknowledged = new TooManyUnacknowledged({ session: "s", max: 1024 })
  for (const error of [noLeader, full, expired, unacknowledged]) {
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

it.effect("[CL9] [CL15] a request that was handed back when it had begun is in doubt", () =>
  Effect.gen(function* () {
    const head = { service: "ExecuteAll", idempotencyKey: "k" } as RequestHead
    const sent = (started: boolean) => {
      const refusal = new NotReady({ node: "a", state: "no leader", ...(started && { started }) })
      const request = () => Effect.succeed({ head: { refusal } } as LinkReply)
      const link = { node: NodeId.make("a"), request } as unknown as Link
      return Effect.flip(Attempt.send(link, head, new Uint8Array()))
    }
    const begun = yield* sent(true)
    assert.deepInclude(begun, { outcome: { _tag: "Unknown" } })
    const { error } = begun as Attempt.Missed
    assert.deepInclude(error, { _tag: "UnknownOutcome", idempotencyKey: "k" })
    assert.deepInclude(yield* sent(false), { outcome: { _tag: "TurnedAway" } })
  })
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
