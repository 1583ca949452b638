/**
 * One multiplexed connection to a node, seen from the caller's side.
 *
 * Requests share the connection and are told apart by id. One fiber reads; a request is sent and
 * awaited by the fiber that makes it. A request that nobody waits for any more tells the node, which
 * interrupts the handler.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { NodeId, UpdateInfo } from "../cloud/UpdateInfo.ts"
import * as Handshake from "../service/Handshake.ts"
import type { VersionMismatch } from "../service/Refusal.ts"
import * as Body from "../service/Body.ts"
import * as Wire from "../service/Wire.ts"
import type { Address } from "../transport/Address.ts"
import {
  type Connection,
  type ConnectionLost,
  type DialFailed,
  type FrameTooLarge,
  Transport
} from "../transport/Transport.ts"
import { type Pending, PendingRequests, type Reply } from "./internal/pendingRequests.ts"
import * as Silence from "./internal/silence.ts"

/**
 * The connection broke before the answer came, or the node stands still and the request may be made
 * again. `started: false`: the request never left, so it may go elsewhere at once.
 *
 * @category errors
 * @since 0.1.0
 */
export class LinkLost extends Schema.TaggedError<LinkLost>()("LinkLost", {
  node: Schema.String,
  started: Schema.Boolean
}) {
  override get message() {
    return `${this.node} was lost ${this.started ? "while it worked" : "before it got the request"}`
  }
}

/** A node's answer. `head.outcome` says what `body` is. @category models */
export type LinkReply = Reply

/**
 * @category models
 * @since 0.1.0
 */
export interface Link {
  /** The node at the other end, as it names itself. */
  readonly node: NodeId
  /**
   * Sends one request and waits for its answer. `head.size` is `body`'s length. `mayLeave`: asked
   * once the node was silent for 3 s, whether the request is better made again elsewhere. Default:
   * waits as long as the connection lasts.
   */
  readonly request: (
    head: Wire.RequestHead,
    body: Uint8Array,
    mayLeave?: () => boolean
  ) => Effect.Effect<LinkReply, LinkLost>
  /** Hands messages of the log to the node. Nobody says whether they arrived. */
  readonly post: (messages: Uint8Array) => Effect.Effect<void, LinkLost>
  /** Hands it what this node reports about itself. Nobody says whether it arrived. */
  readonly tell: (report: UpdateInfo) => Effect.Effect<void, LinkLost>
  /** Asks for the node's load; the connection answers, no handler runs. */
  readonly probe: (service: string) => Effect.Effect<Wire.LoadHead, LinkLost>
  /** Ends when no request waits for an answer. */
  readonly settled: Effect.Effect<void>
  /** Ends when the connection has ended, for whatever reason. */
  readonly lost: Effect.Effect<void>
}

/** Why a node could not be reached. @category errors */
export type OpenError =
  | DialFailed
  | Handshake.HandshakeFailed
  | VersionMismatch
  | ConnectionLost
  | FrameTooLarge

/**
 * Dials `address`, greets, and serves the connection until the scope closes or it breaks.
 *
 * `ours.node` is set by nodes. `onNode` gets what the node reports about itself and the others.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = Effect.fnUntraced(function* (
  address: Address,
  ours: Pick<Handshake.Hello, "cluster" | "node">,
  onNode: (info: UpdateInfo, ageMs: number) => Effect.Effect<void>
): Effect.fn.Return<Link, OpenError, Transport | Scope.Scope> {
  const transport = yield* Transport
  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const connection = yield* transport.dial(address)
  const { rest, theirs } = yield* Handshake.exchange(connection, ours)
  const { node } = theirs
  if (node === undefined) {
    const issue = "it says that it is a client"
    return yield* new Handshake.HandshakeFailed({ remote: connection.remote, issue })
  }
  const pending = new PendingRequests<LinkLost>(onNode)
  const lost = yield* Deferred.make<void>()
  let heardMs = nowMs()

  const takeAll = Effect.fnUntraced(function* (frames: ReadonlyArray<Uint8Array>) {
    heardMs = nowMs()
    for (const frame of frames) {
      const more = pending.take(frame)
      if (more !== undefined) yield* more
    }
  })
  yield* takeAll(rest).pipe(
    Effect.andThen(Effect.forever(Effect.flatMap(connection.receive, takeAll))),
    Effect.ignore,
    Effect.ensuring(
      Effect.suspend(() => {
        Deferred.doneUnsafe(lost, Exit.void)
        pending.failAll(new LinkLost({ node, started: true }))
        return connection.close
      })
    ),
    Effect.forkScoped
  )

  const link = make(node, connection, pending, lost)
  const silentMs = () => nowMs() - heardMs
  yield* Effect.raceAllFirst([
    Silence.end(link, silentMs, connection.close),
    Silence.release(link, pending, silentMs, new LinkLost({ node, started: true })),
    link.lost
  ]).pipe(Effect.forkScoped)
  return link
})

const make = (
  node: NodeId,
  connection: Connection,
  pending: PendingRequests<LinkLost>,
  lost: Deferred.Deferred<void>
): Link => {
  const whenOpen = <A>(send: () => Effect.Effect<A, LinkLost>) =>
    Effect.suspend(() =>
      Deferred.isDoneUnsafe(lost) ? Effect.fail(new LinkLost({ node, started: false })) : send()
    )
  const given = (sent: Effect.Effect<void, ConnectionLost>) =>
    Effect.mapError(sent, () => new LinkLost({ node, started: true }))
  return {
    node,
    settled: Effect.sync(() => pending.size === 0).pipe(
      Effect.repeat({ until: (none) => none, schedule: Schedule.spaced("10 millis") }),
      Effect.asVoid
    ),
    lost: Deferred.await(lost),
    request: (head, body, mayLeave) =>
      whenOpen(() => {
        const [id, entry] = pending.request(mayLeave)
        const inline = body.length <= Body.inlineMaxBytes
        const frame = Wire.encodeRequest(id, head)
        const sent = inline
          ? connection.send(frame, body)
          : Effect.andThen(connection.send(frame), upload(connection, id, entry, body))
        // A send that fails ends the link, which fails `done`. One that waits for a node that does
        // not read must not hold up who is let go.
        return Effect.forkChild(Effect.ignore(sent), { startImmediately: true }).pipe(
          Effect.flatMap((sending) =>
            Effect.ensuring(Deferred.await(entry.done), Fiber.interrupt(sending))
          ),
          Effect.ensuring(
            Effect.suspend(() =>
              // Forked: a node that does not read must not hold up who has stopped waiting.
              pending.forget(id)
                ? Effect.forkDetach(Effect.ignore(connection.send(Wire.encodeInterrupt(id))))
                : Effect.void
            )
          )
        )
      }),
    post: (messages) => whenOpen(() => given(connection.send(Wire.encodeLog(), messages))),
    tell: (report) =>
      whenOpen(() => {
        const { body, head } = Wire.encodeNode(report, 0)
        return given(connection.send(head, body))
      }),
    probe: (service) =>
      whenOpen(() => {
        const [id, probe] = pending.probe()
        return Effect.ignore(connection.send(Wire.encodeProbe(id, service))).pipe(
          Effect.andThen(Deferred.await(probe)),
          Effect.ensuring(Effect.sync(() => pending.forget(id)))
        )
      })
  }
}

const upload = (
  connection: Connection,
  id: number,
  entry: Pending<LinkLost>,
  body: Uint8Array
): Effect.Effect<void, ConnectionLost> =>
  Effect.gen(function* () {
    yield* Deferred.await(entry.proceed)
    for (const part of Body.chunks(body, 0)) {
      // The answer may come before the last part: a refusal, or a node that is leaving.
      if (Deferred.isDoneUnsafe(entry.done)) return
      yield* connection.send(Wire.encodeChunk(id), part)
    }
  })
