import type { Message } from "@distri/raft/Message"
import { entryBytes } from "@distri/raft/Entry"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { RaftPeers } from "../../RaftPeers.ts"
import * as Frame from "../pure/Frame.ts"
import { nodeOf } from "../pure/Membership.ts"

/** What waits for one node. What does not fit is dropped: Raft sends again. */
const waitingMax = 1024
const waitingMaxBytes = 1024 * 1024
const frameMaxBytes = 1024 * 1024
/** A node that cannot be reached is tried again so soon. */
const pause = "50 millis"

interface Outbox {
  messages: Array<Message>
  bytes: number
  /** Who is only asked for a sign of life. */
  poked: IncarnationId | undefined
  readonly wake: Latch.Latch
}

/** Sends messages of `log` to the other nodes, one fiber a node, so that a slow one holds up none. */
export const make = Effect.fnUntraced(function* (
  peers: RaftPeers["Service"],
  log: string,
  onUnreachable: (peer: IncarnationId) => void
) {
  const scope = yield* Effect.scope
  const context = yield* Effect.context<never>()
  const outboxes = new Map<string, Outbox>()

  const send = (node: string, outbox: Outbox) =>
    Effect.gen(function* () {
      yield* outbox.wake.await
      // What else this turn has for the node goes with it.
      yield* Effect.yieldNow
      const { messages, poked } = outbox
      outbox.messages = []
      outbox.poked = undefined
      outbox.bytes = 0
      outbox.wake.closeUnsafe()
      const frames = Frame.encode(log, messages, frameMaxBytes)
      yield* Effect.forEach(
        poked !== undefined && frames.length === 0 ? [Frame.empty(log)] : frames,
        (frame) => peers.post(node, frame),
        { discard: true }
      ).pipe(
        Effect.catchTag("LinkFailed", () => {
          const peers = new Set(messages.map(({ to }) => to))
          if (poked !== undefined) peers.add(poked)
          for (const peer of peers) onUnreachable(peer)
          return Effect.sleep(pause)
        })
      )
    }).pipe(Effect.forever({ disableYield: true }))

  const open = (node: string): Outbox => {
    const outbox: Outbox = {
      messages: [],
      bytes: 0,
      poked: undefined,
      wake: Latch.makeUnsafe(false)
    }
    outboxes.set(node, outbox)
    Effect.runForkWith(context)(Effect.forkIn(send(node, outbox), scope))
    return outbox
  }

  return {
    /** Sends something that says nothing: whoever is gone is then noticed. */
    poke: (peer: IncarnationId) => {
      const node = nodeOf(peer)
      const outbox = outboxes.get(node) ?? open(node)
      outbox.poked = peer
      outbox.wake.openUnsafe()
    },
    /** Queues messages; never waits. */
    post: (messages: ReadonlyArray<Message>) => {
      for (const message of messages) {
        const node = nodeOf(message.to)
        const outbox = outboxes.get(node) ?? open(node)
        if (outbox.messages.length >= waitingMax || outbox.bytes >= waitingMaxBytes) continue
        outbox.messages.push(message)
        outbox.bytes += sizeOf(message)
        outbox.wake.openUnsafe()
      }
    }
  }
})

export type Outboxes = Effect.Success<ReturnType<typeof make>>

const sizeOf = (message: Message): number =>
  message._tag === "App"
    ? message.entries.reduce((bytes, entry) => bytes + entryBytes(entry), 100)
    : 100
