/**
 * Serves one connection: greets, takes frames in, and sends answers back.
 *
 * One fiber reads. It never waits for a handler: a request is given to the `ServiceRouter`, whose
 * fiber for it also sends the answer. When the connection ends, everything it asked for is
 * cancelled (CL13).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Received } from "../log/LogMember.ts"
import type { Answer } from "../service/Endpoint.ts"
import * as Handshake from "../service/Handshake.ts"
import type { Caller, Respond, ServiceRouter } from "../service/ServiceRouter.ts"
import * as Body from "../service/Body.ts"
import * as Wire from "../service/Wire.ts"
import type { Connection, ConnectionLost } from "../transport/Transport.ts"
import type { NodeId, UpdateInfo } from "./UpdateInfo.ts"

/** What the sessions of a node share. @category models */
export interface SessionContext {
  readonly node: NodeId
  readonly cluster: string
  readonly router: ServiceRouter["Service"]
  /** Counts the session of a client while it runs. */
  readonly counted: <A, E>(session: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Takes messages of the log from a node; an issue ends the connection. */
  readonly onLog: (from: NodeId, messages: Uint8Array) => Received
  /** Takes what a node says of itself. */
  readonly onReport: (from: NodeId, report: UpdateInfo) => Effect.Effect<void>
  /** Says what the node knows of the cloud, now and after changes, until interrupted. */
  readonly announce: (connection: Connection) => Effect.Effect<never, ConnectionLost>
}

/** A connection that sends nothing, not even a ping, for this long is closed. */
const idleMaxMs = 60_000

/**
 * Runs the session until the connection ends. Fails with what ended it: a lost connection is the
 * usual case, a malformed frame closes it.
 *
 * `number` names the connection in this process.
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = Effect.fnUntraced(function* (
  { announce, cluster, counted, node, onLog, onReport, router }: SessionContext,
  connection: Connection,
  number: number
) {
  const { rest, theirs } = yield* Handshake.exchange(connection, { cluster, node })
  const requests = new Requests(
    connection,
    router,
    {
      connection: number,
      identity:
        theirs.node === undefined ? { _tag: "Anonymous" } : { _tag: "Node", node: theirs.node }
    },
    { onLog, onReport }
  )

  const takeAll = Effect.fnUntraced(function* (frames: ReadonlyArray<Uint8Array>) {
    for (const frame of frames) {
      const more = requests.take(frame)
      if (more === undefined) continue
      yield* Effect.timeoutOrElse(more, {
        duration: replyMax,
        orElse: () => malformed("it does not read what it asked for")
      })
    }
  })
  const { monotonicTimeNanosUnsafe } = yield* Clock.Clock
  const nowMs = () => Number(monotonicTimeNanosUnsafe()) / 1e6
  let waitsSinceMs: number | undefined
  const receive = Effect.suspend(() => {
    waitsSinceMs = nowMs()
    return connection.receive
  })
  const take = (frames: ReadonlyArray<Uint8Array>) => {
    waitsSinceMs = undefined
    return takeAll(frames)
  }
  // One timer for all frames: most come long before somebody could be called silent.
  const silent = Effect.suspend(() => {
    const leftMs = waitsSinceMs === undefined ? idleMaxMs : waitsSinceMs + idleMaxMs - nowMs()
    return leftMs > 0 ? Effect.sleep(leftMs) : malformed("it was silent for 60 s")
  }).pipe(Effect.forever)
  const read = Effect.andThen(
    takeAll(rest),
    Effect.forever(Effect.flatMap(receive, take), { disableYield: true })
  )
  const session = Effect.raceAllFirst([read, announce(connection), silent]).pipe(
    Effect.ensuring(Effect.sync(() => requests.cancelAll()))
  )
  yield* theirs.node === undefined ? counted(session) : session
})

interface Upload {
  readonly id: number
  readonly assembly: Body.Assembly
}

/** What is still to do for a frame, if anything. */
type Taken = Effect.Effect<void, Wire.MalformedFrame | ConnectionLost> | undefined

/** What only nodes send. */
type OfNodes = Pick<SessionContext, "onLog" | "onReport">

/** The requests of one connection that are not answered yet, by the number the caller gave them. */
class Requests {
  readonly #connection: Connection
  readonly #router: ServiceRouter["Service"]
  readonly #caller: Caller
  readonly #ofNodes: OfNodes
  readonly #ids = new Map<number, number>()
  readonly #uploads = new Map<number, Upload>()

  constructor(
    connection: Connection,
    router: ServiceRouter["Service"],
    caller: Caller,
    ofNodes: OfNodes
  ) {
    this.#connection = connection
    this.#router = router
    this.#caller = caller
    this.#ofNodes = ofNodes
  }

  take(frame: Uint8Array): Taken {
    const decoded = Wire.decode(frame)
    if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
    const message = decoded.success
    switch (message._tag) {
      case "Request":
        return this.#request(message.id, message.head, message.body)
      case "Chunk":
        return this.#chunk(message.id, message.body)
      case "Interrupt":
        return void this.#interrupt(message.id)
      case "Log":
        return this.#log(message.body)
      case "Node":
        return this.#report(message.info)
      case "Probe":
        return Effect.flatMap(this.#router.load(message.service), (load) =>
          this.#connection.send(Wire.encodeLoad(message.id, load))
        )
      default:
        return malformed(`a client sent ${message._tag}`)
    }
  }

  #log(messages: Uint8Array): Taken {
    const { identity } = this.#caller
    if (identity._tag !== "Node") return malformed("a client sent Log")
    const issue = this.#ofNodes.onLog(identity.node as NodeId, messages)
    return issue === undefined ? undefined : malformed(issue.issue)
  }

  #report(report: UpdateInfo): Taken {
    const { identity } = this.#caller
    return identity._tag === "Node"
      ? this.#ofNodes.onReport(identity.node as NodeId, report)
      : malformed("a client sent Node")
  }

  cancelAll(): void {
    for (const id of this.#ids.values()) this.#router.cancel(id)
  }

  #request(wireId: number, head: Wire.RequestHead, body: Uint8Array): Taken {
    if (this.#ids.has(wireId)) return malformed("a request number is used twice")
    const inline = head.size <= Body.inlineMaxBytes
    if (body.length !== (inline ? head.size : 0)) return malformed("a body of another size")
    let id = 0
    const respond: Respond = (answer, load) => {
      // The caller may have given the number to another request after an interrupt.
      if (this.#ids.get(wireId) === id) {
        this.#ids.delete(wireId)
        this.#uploads.delete(wireId)
      }
      return reply(this.#connection, wireId, answer, load)
    }
    const taken = this.#router.arrive(this.#caller, head, respond)
    if ("refusal" in taken) {
      const { refusal } = taken
      return Effect.flatMap(this.#router.load(head.service), (load) =>
        reply(this.#connection, wireId, { outcome: "refused", refusal }, load)
      )
    }
    id = taken.id
    this.#ids.set(wireId, id)
    if (!inline) {
      this.#uploads.set(wireId, { id: taken.id, assembly: new Body.Assembly(head.size) })
      return this.#connection.send(Wire.encodeProceed(wireId))
    }
    this.#router.start(taken.id, body)
  }

  #chunk(wireId: number, part: Uint8Array): Taken {
    const upload = this.#uploads.get(wireId)
    // The rest of a body whose request was already answered.
    if (upload === undefined) return
    const body = upload.assembly.add(part)
    if (body === "Incomplete") return this.#router.progress(upload.id) as undefined
    if (body === "WrongSize") return malformed("a part of another size")
    this.#uploads.delete(wireId)
    this.#router.start(upload.id, body)
  }

  #interrupt(wireId: number): void {
    const id = this.#ids.get(wireId)
    this.#ids.delete(wireId)
    this.#uploads.delete(wireId)
    if (id !== undefined) this.#router.cancel(id)
  }
}

const malformed = (issue: string) => Effect.fail(new Wire.MalformedFrame({ issue }))

/** A client that does not read its answers for this long is cut off. */
const replyMax = "30 seconds"

const reply = (
  connection: Connection,
  id: number,
  answer: Answer,
  load: Wire.LoadHead
): Effect.Effect<void, ConnectionLost> =>
  Effect.timeoutOrElse(send(connection, id, answer, load), {
    duration: replyMax,
    orElse: () => connection.close
  })

const send = (connection: Connection, id: number, answer: Answer, load: Wire.LoadHead) => {
  if (answer.outcome === "refused") {
    const { outcome, refusal } = answer
    return connection.send(Wire.encodeReply(id, { outcome, size: 0, load, refusal }))
  }
  const { body, outcome } = answer
  const head = Wire.encodeReply(id, { outcome, size: body.length, load })
  if (body.length <= Body.chunkBytes) return connection.send(head, body)
  return Effect.andThen(
    connection.send(head, body.subarray(0, Body.chunkBytes)),
    Effect.forEach(
      Body.chunks(body, Body.chunkBytes),
      (part) => connection.send(Wire.encodeChunk(id), part),
      { discard: true }
    )
  )
}
