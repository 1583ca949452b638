/**
 * One multiplexed connection to a node, seen from the caller's side.
 *
 * Requests share the connection and are told apart by id. One fiber reads; a request is sent and
 * awaited by the fiber that makes it. An interrupted request tells the node, which interrupts the
 * handler.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { NodeId, UpdateInfo } from "../cloud/UpdateInfo.ts"
import * as Handshake from "../service/Handshake.ts"
import type { VersionMismatch } from "../service/Refusal.ts"
import * as Wire from "../service/Wire.ts"
import type { Address } from "../transport/Address.ts"
import {
  type Connection,
  type ConnectionLost,
  type DialFailed,
  type FrameTooLarge,
  Transport
} from "../transport/Transport.ts"

/**
 * The connection broke before the answer came. `started: false`: the request never left, so it
 * may go elsewhere at once.
 *
 * @category errors
 * @since 0.1.0
 */
export class LinkLost extends Schema.TaggedError<LinkLost>()("LinkLost", {
  node: Schema.String,
  started: Schema.Boolean
}) {
  override get message() {
    return `the connection to ${this.node} broke ${this.started ? "while it worked" : "before it got the request"}`
  }
}

/** @category models */
export interface LinkReply {
  readonly head: Wire.ReplyHead
  readonly body: Uint8Array
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Link {
  /** The node at the other end, as it names itself. */
  readonly node: NodeId
  /** Sends one request and waits for its answer. `head.size` is `body`'s length. */
  readonly request: (
    head: Wire.RequestHead,
    body: Uint8Array
  ) => Effect.Effect<LinkReply, LinkLost>
  /** Asks for the node's load; the connection answers, no handler runs. */
  readonly probe: (service: string) => Effect.Effect<Wire.LoadHead, LinkLost>
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

/** A node that is silent for this long, pings included, is gone. */
const silentMaxMs = 10_000
const pingEvery = "3 seconds"

interface Pending {
  /** Resolves when the node wants the body, or with the answer. */
  readonly proceed: Deferred.Deferred<void>
  readonly done: Deferred.Deferred<LinkReply, LinkLost>
  reply: { readonly head: Wire.ReplyHead; readonly assembly: Wire.Assembly } | undefined
}

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
  const connection = yield* transport.dial(address)
  const { rest, theirs } = yield* Handshake.exchange(connection, ours)
  const { node } = theirs
  if (node === undefined) {
    const issue = "it says that it is a client"
    return yield* new Handshake.HandshakeFailed({ remote: connection.remote, issue })
  }
  const pending = new Map<number, Pending>()
  const probes = new Map<number, Deferred.Deferred<Wire.LoadHead, LinkLost>>()
  const lost = yield* Deferred.make<void>()
  let lastId = 0
  let open = true
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  let heardMs = nowMs()

  const nextId = () => (lastId = (lastId + 1) >>> 0)
  const end = Effect.sync(() => {
    open = false
    const gone = Exit.fail(new LinkLost({ node, started: true }))
    for (const { done, proceed } of pending.values()) {
      Deferred.doneUnsafe(done, gone)
      Deferred.doneUnsafe(proceed, Exit.void)
    }
    for (const probe of probes.values()) Deferred.doneUnsafe(probe, gone)
    pending.clear()
    probes.clear()
    Deferred.doneUnsafe(lost, Exit.void)
  })

  const take = (frame: Uint8Array): Effect.Effect<void, Wire.MalformedFrame> | undefined => {
    const decoded = Wire.decode(frame)
    if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
    const message = decoded.success
    switch (message._tag) {
      case "Proceed": {
        const entry = pending.get(message.id)
        if (entry !== undefined) Deferred.doneUnsafe(entry.proceed, Exit.void)
        return
      }
      case "Reply": {
        const entry = pending.get(message.id)
        if (entry === undefined) return
        const { head } = message
        entry.reply = { head, assembly: new Wire.Assembly(head.size) }
        return collect(message.id, entry, message.body)
      }
      case "Chunk": {
        const entry = pending.get(message.id)
        return entry === undefined ? undefined : collect(message.id, entry, message.body)
      }
      case "Load": {
        const probe = probes.get(message.id)
        if (probe !== undefined) Deferred.doneUnsafe(probe, Exit.succeed(message.head))
        return
      }
      case "Node":
        return onNode(message.info, message.ageMs)
      default:
        return Effect.fail(new Wire.MalformedFrame({ issue: `a node sent ${message._tag}` }))
    }
  }

  const collect = (id: number, entry: Pending, part: Uint8Array) => {
    if (entry.reply === undefined) {
      return Effect.fail(new Wire.MalformedFrame({ issue: "a chunk before its reply" }))
    }
    const { assembly, head } = entry.reply
    const body = assembly.size === 0 && part.length === 0 ? part : assembly.add(part)
    if (body === "Incomplete") return undefined
    if (body === "TooMuch") {
      return Effect.fail(new Wire.MalformedFrame({ issue: "more bytes than announced" }))
    }
    pending.delete(id)
    Deferred.doneUnsafe(entry.done, Exit.succeed({ head, body }))
    Deferred.doneUnsafe(entry.proceed, Exit.void)
    return undefined
  }

  const takeAll = (frames: ReadonlyArray<Uint8Array>) =>
    Effect.gen(function* () {
      heardMs = nowMs()
      for (const frame of frames) {
        const more = take(frame)
        if (more !== undefined) yield* more
      }
    })

  yield* takeAll(rest).pipe(
    Effect.andThen(Effect.forever(Effect.flatMap(connection.receive, takeAll))),
    Effect.ignore,
    Effect.ensuring(end),
    Effect.ensuring(connection.close),
    Effect.forkScoped
  )

  const link: Link = {
    node,
    lost: Deferred.await(lost),
    request: (head, body) =>
      Effect.suspend(() => {
        if (!open) return Effect.fail(new LinkLost({ node, started: false }))
        const id = nextId()
        const inline = body.length <= Wire.inlineMaxBytes
        const frame = Wire.encodeRequest(id, head)
        if (frame === undefined) return Effect.die(new Error("a request's head is over 64 KiB"))
        const entry: Pending = {
          proceed: Deferred.makeUnsafe(),
          done: Deferred.makeUnsafe(),
          reply: undefined
        }
        pending.set(id, entry)
        const sent = inline
          ? connection.send(frame, body)
          : Effect.andThen(connection.send(frame), upload(connection, id, entry, body))
        return sent.pipe(
          // A send that fails ends the link, which fails `done`.
          Effect.ignore,
          Effect.andThen(Deferred.await(entry.done)),
          Effect.onInterrupt(() => {
            if (!pending.delete(id)) return Effect.void
            return Effect.ignore(connection.send(Wire.encodeInterrupt(id)))
          })
        )
      }),
    probe: (service) =>
      Effect.suspend(() => {
        if (!open) return Effect.fail(new LinkLost({ node, started: false }))
        const id = nextId()
        const probe = Deferred.makeUnsafe<Wire.LoadHead, LinkLost>()
        probes.set(id, probe)
        return Effect.ignore(connection.send(Wire.encodeProbe(id, service))).pipe(
          Effect.andThen(Deferred.await(probe)),
          Effect.ensuring(Effect.sync(() => probes.delete(id)))
        )
      })
  }

  // A pause of this process looks like silence of the other: what waits in the socket is read
  // before the verdict, because the probe's own answer is awaited once more.
  const ping = Effect.gen(function* () {
    yield* Effect.forkChild(Effect.ignore(link.probe("")))
    yield* Effect.sleep(pingEvery)
    if (nowMs() - heardMs < silentMaxMs) return
    yield* Effect.timeoutOption(link.probe(""), "1 second")
    if (nowMs() - heardMs >= silentMaxMs) yield* connection.close
  })
  yield* Effect.forkScoped(Effect.raceFirst(Effect.forever(ping), Deferred.await(lost)))

  return link
})

const upload = (connection: Connection, id: number, entry: Pending, body: Uint8Array) =>
  Effect.gen(function* () {
    yield* Deferred.await(entry.proceed)
    for (const part of Wire.chunks(body, 0)) {
      // The answer may come before the last part: a refusal, or a node that is leaving.
      if (Deferred.isDoneUnsafe(entry.done)) return
      yield* connection.send(Wire.encodeChunk(id), part)
    }
  })
