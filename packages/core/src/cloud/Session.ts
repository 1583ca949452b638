/**
 * Serves one connection: greets, takes frames in, and sends answers back.
 *
 * One fiber reads. It never waits for a handler: a request is given to the `ServiceRouter`, whose
 * fiber for it also sends the answer. When the connection ends, everything it asked for is
 * cancelled (CL13).
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Answer } from "../service/Endpoint.ts"
import * as Handshake from "../service/Handshake.ts"
import type { Refusal } from "../service/Refusal.ts"
import type { Caller, Respond, ServiceRouter } from "../service/ServiceRouter.ts"
import * as Wire from "../service/Wire.ts"
import type { Connection } from "../transport/Transport.ts"
import type { NodeId } from "./UpdateInfo.ts"

/** What the sessions of a node share. @category models */
export interface SessionContext {
  readonly node: NodeId
  readonly cluster: string
  readonly router: ServiceRouter["Service"]
  /** Says what the node knows of the cloud, now and after changes, until interrupted. */
  readonly announce: (connection: Connection) => Effect.Effect<void, unknown>
}

/** A connection that sends nothing, not even a ping, for this long is closed. */
const idleMax = "60 seconds"

interface Upload {
  readonly id: number
  readonly assembly: Wire.Assembly
}

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
  { announce, cluster, node, router }: SessionContext,
  connection: Connection,
  number: number
) {
  const { rest, theirs } = yield* Handshake.exchange(connection, { cluster, node })
  const caller: Caller = {
    connection: number,
    identity:
      theirs.node === undefined ? { _tag: "Anonymous" } : { _tag: "Node", node: theirs.node }
  }
  /** Requests that are not answered yet, by the number the caller gave them. */
  const requests = new Map<number, number>()
  const uploads = new Map<number, Upload>()

  const respond =
    (wireId: number): Respond =>
    (answer, load) => {
      requests.delete(wireId)
      uploads.delete(wireId)
      return reply(connection, wireId, answer, load)
    }

  const onRequest = (wireId: number, head: Wire.RequestHead, body: Uint8Array) => {
    if (requests.has(wireId)) return malformed("a request number is used twice")
    const inline = head.size <= Wire.inlineMaxBytes
    if (body.length !== (inline ? head.size : 0)) return malformed("a body of another size")
    const taken = router.arrive(caller, head, respond(wireId))
    if ("refusal" in taken) return refuse(connection, wireId, taken.refusal, router, head.service)
    requests.set(wireId, taken.id)
    if (inline) return void router.start(taken.id, body)
    uploads.set(wireId, { id: taken.id, assembly: new Wire.Assembly(head.size) })
    return connection.send(Wire.encodeProceed(wireId))
  }

  const onChunk = (wireId: number, part: Uint8Array) => {
    const upload = uploads.get(wireId)
    // The rest of a body whose request was already answered.
    if (upload === undefined) return undefined
    const body = upload.assembly.add(part)
    if (body === "Incomplete") return undefined
    if (body === "TooMuch") return malformed("more bytes than announced")
    uploads.delete(wireId)
    return void router.start(upload.id, body)
  }

  const onInterrupt = (wireId: number) => {
    const id = requests.get(wireId)
    requests.delete(wireId)
    uploads.delete(wireId)
    if (id !== undefined) router.cancel(id)
  }

  const take = (frame: Uint8Array) => {
    const decoded = Wire.decode(frame)
    if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
    const message = decoded.success
    switch (message._tag) {
      case "Request":
        return onRequest(message.id, message.head, message.body)
      case "Chunk":
        return onChunk(message.id, message.body)
      case "Interrupt":
        return void onInterrupt(message.id)
      case "Probe":
        return Effect.flatMap(router.load(message.service), (load) =>
          connection.send(Wire.encodeLoad(message.id, load))
        )
      default:
        return malformed(`a client sent ${message._tag}`)
    }
  }

  const takeAll = Effect.fnUntraced(function* (frames: ReadonlyArray<Uint8Array>) {
    for (const frame of frames) {
      const more = take(frame)
      if (more !== undefined) yield* more
    }
  })

  const read = takeAll(rest).pipe(
    Effect.andThen(
      Effect.forever(
        Effect.flatMap(
          Effect.timeoutOrElse(connection.receive, {
            duration: idleMax,
            orElse: () => malformed("it was silent for 60 s")
          }),
          takeAll
        )
      )
    )
  )
  yield* Effect.raceFirst(read, Effect.andThen(announce(connection), Effect.never)).pipe(
    Effect.ensuring(Effect.sync(() => requests.forEach((id) => router.cancel(id))))
  )
})

const malformed = (issue: string) => Effect.fail(new Wire.MalformedFrame({ issue }))

const empty = new Uint8Array()

const reply = (connection: Connection, id: number, answer: Answer, load: Wire.LoadHead) => {
  const { outcome } = answer
  if (answer.outcome === "refused") {
    return connection.send(
      Wire.encodeReply(id, { outcome, size: 0, load, refusal: answer.refusal }),
      empty
    )
  }
  const { body } = answer
  const head = Wire.encodeReply(id, { outcome, size: body.length, load })
  if (body.length <= Wire.chunkBytes) return connection.send(head, body)
  return connection
    .send(head, body.subarray(0, Wire.chunkBytes))
    .pipe(
      Effect.andThen(
        Effect.forEach(
          Wire.chunks(body, Wire.chunkBytes),
          (part) => connection.send(Wire.encodeChunk(id), part),
          { discard: true }
        )
      )
    )
}

const refuse = (
  connection: Connection,
  id: number,
  refusal: Refusal,
  router: ServiceRouter["Service"],
  service: string
) =>
  Effect.flatMap(router.load(service), (load) =>
    reply(connection, id, { outcome: "refused", refusal }, load)
  )
