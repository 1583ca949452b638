/**
 * Shares what this process knows about the nodes of the cloud.
 *
 * Reports arrive from connections, the tick loop ages them, and everyone who places requests
 * reads `nodes`. The rules are in `pure/NodeTable`.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { Halt } from "../Halt.ts"
import * as Table from "./pure/NodeTable.ts"
import type { NodeId, UpdateInfo } from "./UpdateInfo.ts"

/** How late a status may be. */
const tickEvery = "500 millis"

/**
 * @category models
 * @since 0.1.0
 */
export type NodeView = Table.NodeView

/**
 * @category services
 * @since 0.1.0
 */
export class NodeTable extends Context.Service<
  NodeTable,
  {
    /** The newest report of each node, with its status. A new map for every change. */
    readonly nodes: SubscriptionRef.SubscriptionRef<ReadonlyMap<NodeId, NodeView>>

    /**
     * Takes a report in. An older one than the table has is ignored. `ageMs`: how long a forwarder
     * held it; default 0. The caller has checked that the sender may speak for `info.node`.
     */
    readonly report: (info: UpdateInfo, ageMs?: number) => Effect.Effect<void>

    /** The own connection to `node` broke: it is suspect until it is heard again. */
    readonly broke: (node: NodeId) => Effect.Effect<void>
  }
>()("@distri/core/cloud/NodeTable") {
  static readonly layer = Layer.effect(
    NodeTable,
    Effect.gen(function* () {
      const halt = yield* Halt
      const state = yield* SynchronizedRef.make(Table.initial)
      const nodes = yield* SubscriptionRef.make<ReadonlyMap<NodeId, NodeView>>(new Map())

      // Reads the clock, steps and publishes under one lock; outside it, two events could swap.
      const dispatch = (toEvent: (nowMs: number) => Table.Event) =>
        SynchronizedRef.updateEffect(
          state,
          Effect.fnUntraced(function* (current) {
            const nowMs = Number(yield* Clock.monotonicTimeNanos) / 1_000_000
            const [next, commands] = Table.step(current, toEvent(nowMs))
            if (commands.length > 0) yield* SubscriptionRef.set(nodes, next.nodes)
            return next
          })
        ).pipe(Effect.uninterruptible, halt.guard)

      yield* dispatch((nowMs) => ({ _tag: "Ticked", nowMs })).pipe(
        Effect.andThen(Effect.sleep(tickEvery)),
        Effect.forever({ disableYield: true }),
        Effect.forkScoped
      )

      return NodeTable.of({
        nodes,
        report: (info, ageMs = 0) =>
          dispatch((nowMs) => ({ _tag: "Reported", info, ageMs, nowMs })),
        broke: (node) => dispatch((nowMs) => ({ _tag: "ConnectionBroke", node, nowMs }))
      })
    })
  )
}
