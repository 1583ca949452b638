/**
 * What a link waits for: answers to requests and to probes, told apart by id.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import type { UpdateInfo } from "../../cloud/UpdateInfo.ts"
import * as Body from "../../service/Body.ts"
import * as Wire from "../../service/Wire.ts"

export interface Reply {
  readonly head: Wire.ReplyHead
  readonly body: Uint8Array
}

export interface Pending<E> {
  /** Whether it may be made again elsewhere, as things are now. Undefined: never. */
  readonly mayLeave: (() => boolean) | undefined
  /** Resolves when the node wants the body, or when the answer is here already. */
  readonly proceed: Deferred.Deferred<void>
  readonly done: Deferred.Deferred<Reply, E>
  reply: { readonly head: Wire.ReplyHead; readonly assembly: Body.Assembly } | undefined
}

/** What is still to do for a frame, if anything. */
type Taken = Effect.Effect<void, Wire.MalformedFrame> | undefined

export class PendingRequests<E> {
  readonly #requests = new Map<number, Pending<E>>()
  /** Open after a request came that may at some time be made again elsewhere. */
  readonly leavable = Latch.makeUnsafe(false)
  readonly #probes = new Map<number, Deferred.Deferred<Wire.LoadHead, E>>()
  readonly #onNode: (info: UpdateInfo, ageMs: number) => Effect.Effect<void>
  #lastId = 0

  constructor(onNode: (info: UpdateInfo, ageMs: number) => Effect.Effect<void>) {
    this.#onNode = onNode
  }

  request(mayLeave?: () => boolean): readonly [number, Pending<E>] {
    const id = this.#nextId()
    const pending = {
      mayLeave,
      proceed: Deferred.makeUnsafe<void>(),
      done: Deferred.makeUnsafe<Reply, E>(),
      reply: undefined
    }
    this.#requests.set(id, pending)
    if (mayLeave !== undefined) this.leavable.openUnsafe()
    return [id, pending]
  }

  probe(): readonly [number, Deferred.Deferred<Wire.LoadHead, E>] {
    const id = this.#nextId()
    const probe = Deferred.makeUnsafe<Wire.LoadHead, E>()
    this.#probes.set(id, probe)
    return [id, probe]
  }

  /** How many requests wait for an answer. */
  get size(): number {
    return this.#requests.size
  }

  get hasLeavable(): boolean {
    return Array.from(this.#requests.values()).some(({ mayLeave }) => mayLeave !== undefined)
  }

  /** Nobody waits for it any more. `false`: it had been answered. */
  forget(id: number): boolean {
    return this.#requests.delete(id) || this.#probes.delete(id)
  }

  /** Takes one frame in. Bytes that are none of a node's frames end the link. */
  take(frame: Uint8Array): Taken {
    const decoded = Wire.decode(frame)
    if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
    const message = decoded.success
    if (message._tag === "Node") return this.#onNode(message.info, message.ageMs)
    if (message._tag === "Log") return malformed("a node answered with Log")
    // An answer to a request that was given up is nobody's.
    const pending = this.#requests.get(message.id)
    switch (message._tag) {
      case "Proceed": {
        if (pending !== undefined) Deferred.doneUnsafe(pending.proceed, Exit.void)
        return
      }
      case "Reply": {
        if (pending === undefined) return
        const { head } = message
        pending.reply = { head, assembly: new Body.Assembly(head.size) }
        return this.#collect(message.id, pending, message.body)
      }
      case "Chunk":
        return pending === undefined ? undefined : this.#collect(message.id, pending, message.body)
      case "Load": {
        const probe = this.#probes.get(message.id)
        if (probe !== undefined) Deferred.doneUnsafe(probe, Exit.succeed(message.head))
        return
      }
      default:
        return malformed(`a node sent ${message._tag}`)
    }
  }

  /** They stay here until who made them forgets them, and tells the node. */
  failLeavable(error: E): void {
    const failed = Exit.fail(error)
    for (const { done, mayLeave } of this.#requests.values()) {
      if (mayLeave?.() === true) Deferred.doneUnsafe(done, failed)
    }
  }

  failAll(error: E): void {
    const failed = Exit.fail(error)
    for (const { done, proceed } of this.#requests.values()) {
      Deferred.doneUnsafe(done, failed)
      Deferred.doneUnsafe(proceed, Exit.void)
    }
    for (const probe of this.#probes.values()) Deferred.doneUnsafe(probe, failed)
    this.#requests.clear()
    this.#probes.clear()
  }

  #nextId(): number {
    this.#lastId = (this.#lastId + 1) >>> 0
    return this.#lastId
  }

  #collect(id: number, pending: Pending<E>, part: Uint8Array): Taken {
    if (pending.reply === undefined) return malformed("a chunk before its reply")
    const { assembly, head } = pending.reply
    const body = assembly.add(part)
    if (body === "Incomplete") return
    if (body === "WrongSize") return malformed("a part of another size")
    this.#requests.delete(id)
    Deferred.doneUnsafe(pending.done, Exit.succeed({ head, body }))
    Deferred.doneUnsafe(pending.proceed, Exit.void)
  }
}

const malformed = (issue: string) => Effect.fail(new Wire.MalformedFrame({ issue }))
