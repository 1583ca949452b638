/**
 * Picks the node that serves a request, and learns from how it went.
 *
 * A shell around `pure/Placement`: it reads the clock and the node table, asks two nodes for their
 * load when the rule wants to know, and hands out a ticket for each request. It is a Layer:
 * another rule is one line.
 *
 * **Gotchas**
 *
 * - A ticket that is never done counts as in flight for ever. Take it in `Effect.acquireUseRelease`
 *   or inside an uninterruptible region, so that no interruption falls between `pick` and `done`.
 * - The clock and the random numbers are those of the place where the layer is built.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { NodeTable, type NodeView } from "./NodeTable.ts"
import * as Rule from "./pure/Placement.ts"
import { NodeId } from "./UpdateInfo.ts"

/**
 * How a request ended, for placement.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = Rule.Outcome

/**
 * The load a node tells in each reply and in its answer to a probe.
 *
 * @category models
 * @since 0.1.0
 */
export type LoadReport = Rule.LoadReport

/**
 * One request that goes to `node`. It counts as in flight until `done`, a plain call; a second
 * `done` does nothing. `report`: the load that came with the reply, if one did.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket {
  readonly node: NodeId
  readonly done: (outcome: Outcome, report?: LoadReport) => void
}

/**
 * No known node can take the request now. Nothing was sent.
 *
 * `tried`: each node and why not. `retryAfterMs`: when the first full node has room again; absent
 * when no node is just full.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoNodeAvailable extends Schema.TaggedError<NoNodeAvailable>()("NoNodeAvailable", {
  service: Schema.String,
  tried: Schema.Array(Schema.Struct({ node: NodeId, why: Schema.String })),
  retryAfterMs: Schema.optionalKey(Schema.Number)
}) {
  override get message() {
    const why = this.tried.map(({ node, why }) => `${node} ${why}`).join("; ")
    return `no node can take "${this.service}": ${why || "no node is known"}. ${adviceFor(this)}`
  }
}

const adviceFor = ({ retryAfterMs, tried }: NoNodeAvailable): string => {
  if (retryAfterMs !== undefined) return `Try again in ${Math.ceil(retryAfterMs)} ms.`
  return tried.length === 0
    ? "Check the address of the cloud, and that a node runs there."
    : "Wait until a node is ready, or start one that offers the service."
}

/**
 * @category services
 * @since 0.1.0
 */
export class Placement extends Context.Service<
  Placement,
  {
    /**
     * Picks a node for one request of `service`.
     *
     * - `candidates`: the nodes with a live connection. `exclude`: those this request has tried.
     * - `probe`: asks a node for its load, answered by the transport without admission. At most two
     *   run, in parallel, for at most 20 ms; a failure counts as no answer.
     *
     * Fails with `NoNodeAvailable` when every node has a reason against it.
     */
    readonly pick: (
      service: string,
      options: {
        readonly candidates: ReadonlySet<NodeId>
        readonly exclude?: ReadonlySet<NodeId>
        readonly probe: (node: NodeId) => Effect.Effect<LoadReport, unknown>
      }
    ) => Effect.Effect<Ticket, NoNodeAvailable>
  }
>()("@distri/core/cloud/Placement") {
  /** The better of two by load, latency and capacity. */
  static readonly layer = Layer.effect(
    Placement,
    Effect.gen(function* () {
      const table = yield* NodeTable
      const clock = yield* Clock.Clock
      const generator = yield* Random.Random
      const random = () => generator.nextDoubleUnsafe()
      const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
      const state = Rule.make()

      const ticket = (service: string, node: NodeId): Ticket => {
        const startedAtMs = now()
        let open = true
        Rule.started(state, { node, service, nowMs: startedAtMs })
        return {
          node,
          done: (outcome, report) => {
            if (!open) return
            open = false
            const nowMs = now()
            const tookMs = nowMs - startedAtMs
            Rule.finished(state, { node, service, outcome, nowMs, tookMs })
            if (report !== undefined) Rule.observed(state, { ...report, node, service, nowMs })
          }
        }
      }

      const pick: Placement["Service"]["pick"] = Effect.fnUntraced(function* (service, options) {
        const { candidates, exclude = nobody, probe } = options
        const views = SubscriptionRef.getUnsafe(table.nodes)
        const choice = Rule.choose(state, {
          service,
          nowMs: now(),
          random,
          candidates: known(views, candidates),
          exclude
        })
        if (choice._tag === "Chosen") return ticket(service, choice.node)
        if (choice._tag === "None") return yield* noNode(service, choice, views, candidates)
        const ask = ({ info: { node } }: NodeView) =>
          probe(node).pipe(
            Effect.tap((report) =>
              Effect.sync(() => Rule.observed(state, { ...report, node, service, nowMs: now() }))
            ),
            Effect.timeoutOption(choice.waitMs),
            Effect.ignoreCause
          )
        yield* Effect.all(choice.nodes.map(ask), { concurrency: 2, discard: true })
        const node = Rule.chooseAfterProbe(state, {
          service,
          nowMs: now(),
          random,
          nodes: choice.nodes
        })
        return ticket(service, node)
      })

      return Placement.of({ pick })
    })
  )
}

const nobody: ReadonlySet<NodeId> = new Set()

type Views = ReadonlyMap<NodeId, NodeView>

const known = (views: Views, candidates: ReadonlySet<NodeId>): ReadonlyArray<NodeView> => {
  const found: Array<NodeView> = []
  for (const node of candidates) {
    const view = views.get(node)
    if (view !== undefined) found.push(view)
  }
  return found
}

/** Adds what the rule cannot see: nodes without a connection, and connections without a report. */
const noNode = (
  service: string,
  choice: Extract<Rule.Choice, { _tag: "None" }>,
  views: Views,
  candidates: ReadonlySet<NodeId>
): NoNodeAvailable => {
  const silent = [...candidates].filter((node) => !views.has(node))
  const distant = [...views.keys()].filter((node) => !candidates.has(node))
  return new NoNodeAvailable({
    service,
    tried: [
      ...choice.tried,
      ...silent.map((node) => ({ node, why: "has not reported yet" })),
      ...distant.map((node) => ({ node, why: "is not connected" }))
    ],
    ...(choice.retryAfterMs === undefined ? {} : { retryAfterMs: choice.retryAfterMs })
  })
}
