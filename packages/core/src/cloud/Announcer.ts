/**
 * Tells clients what this node knows about the cloud.
 *
 * Each client gets every report once. Then it gets this node's own every 2 seconds, so that the node
 * does not look silent; of the others a client hears from themselves, once it is connected. What
 * decides where requests may go (a new node, another state or status) is told at once, of all.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { encodeNode } from "../service/Wire.ts"
import type { Connection, ConnectionLost } from "../transport/Transport.ts"
import { NodeTable, type NodeView } from "./NodeTable.ts"
import type { NodeId, UpdateInfo } from "./UpdateInfo.ts"

/** Load travels on every reply; these reports mostly say that a node is alive. */
const refreshEvery = "2 seconds"
/** A client that does not read for this long is cut off. */
const tellMax = "30 seconds"

/**
 * Runs with the scope. Returns what a session calls for its connection: it sends until it is
 * interrupted or the connection is lost.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (own: NodeId) {
  const { nodes } = yield* NodeTable
  const clock = yield* Clock.Clock
  let urgent = Deferred.makeUnsafe<void>()
  let told = ""

  yield* SubscriptionRef.changes(nodes).pipe(
    Stream.runForEach((views) =>
      Effect.sync(() => {
        const now = placing(views)
        if (now === told) return
        told = now
        const news = urgent
        // First: who waits goes on at once, and would find its own news to be done again and again.
        urgent = Deferred.makeUnsafe()
        Deferred.doneUnsafe(news, Exit.void)
      })
    ),
    Effect.forkScoped
  )

  return Effect.fnUntraced(function* (
    connection: Connection
  ): Effect.fn.Return<never, ConnectionLost> {
    const sent = new Map<NodeId, UpdateInfo>()
    let all = true
    while (true) {
      const news = Effect.as(Deferred.await(urgent), true)
      const nowMs = Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      const views = SubscriptionRef.getUnsafe(nodes)
      for (const node of sent.keys()) if (!views.has(node)) sent.delete(node)
      for (const [node, { heardAtMs, info, status }] of views) {
        const wanted = all || node === own
        if (!wanted || status === "down" || sent.get(node) === info) continue
        const { body, head } = encodeNode(info, Math.max(0, nowMs - heardAtMs))
        const told = yield* Effect.timeoutOption(connection.send(head, body), tellMax)
        if (told._tag === "None") yield* connection.close
        sent.set(node, info)
      }
      all = yield* Effect.raceFirst(Effect.as(Effect.sleep(refreshEvery), false), news)
    }
  })
})

/** What decides where requests may go, as one text. */
const placing = (views: ReadonlyMap<NodeId, NodeView>): string =>
  Array.from(
    views.values(),
    ({ info, status }) =>
      // Writes go to the node that leads.
      `${info.node} ${info.incarnation} ${info.state} ${status} ${info.services.length} ${info.role === "leader"}`
  ).join("\n")
