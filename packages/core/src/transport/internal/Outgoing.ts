/**
 * The way out of a connection: a queue bounded in bytes, and the loop that empties it.
 *
 * The loop sleeps until the first frame of a turn, lets the turn end, and writes all there is in one
 * write. Senders that found the queue full wait in the order they came.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import * as Framing from "../pure/Framing.ts"
import { ConnectionLost } from "../Transport.ts"
import { socketErrorText } from "./socketErrorText.ts"

interface Waiting {
  readonly frame: Framing.Frame
  readonly resume: (effect: Effect.Effect<void, ConnectionLost>) => void
}

interface Options {
  readonly remote: string
  readonly maxBytes: number
  readonly writeAll: Socket.Writer["writeAll"]
  readonly halfClose: Effect.Effect<void>
}

export class Outgoing {
  private readonly options: Options
  private queue: Array<Framing.Frame> = []
  /** Invariant: what `queue` and the write under way hold. */
  private heldBytes = 0
  private readonly waiting = new Set<Waiting>()
  private over: ConnectionLost | undefined
  private wake: (() => void) | undefined

  constructor(options: Options) {
    this.options = options
  }

  /** To be called when the send runs, not when it is described. */
  send(frame: Framing.Frame): Effect.Effect<void, ConnectionLost> {
    if (this.over !== undefined) return Effect.fail(this.over)
    if (this.waiting.size === 0 && this.hasRoom(frame)) {
      this.enqueue(frame)
      return Effect.void
    }
    return Effect.callback((resume) => {
      const entry: Waiting = { frame, resume }
      this.waiting.add(entry)
      return Effect.sync(() => void this.waiting.delete(entry))
    })
  }

  /** No more frames: what waits for room fails with `reason`, what is queued is still written. */
  finish(reason: ConnectionLost): void {
    if (this.over !== undefined) return
    this.over = reason
    for (const { resume } of this.waiting) resume(Effect.fail(reason))
    this.waiting.clear()
    this.wake?.()
  }

  /** It is over: nothing more is written. */
  fail(reason: ConnectionLost): void {
    this.finish(reason)
    this.queue = []
  }

  /** Ends with the reason why nothing can be written. After `finish` it writes all, and idles. */
  readonly writeLoop: Effect.Effect<ConnectionLost> = Effect.gen({ self: this }, function* () {
    while (true) {
      if (this.queue.length === 0) {
        if (this.over !== undefined) break
        yield* this.awake
        yield* Effect.yieldNow
      }
      yield* this.writeQueue
    }
    yield* this.options.halfClose
    return yield* Effect.never
  }).pipe(Effect.catch((error) => Effect.succeed(this.broken(error))))

  private readonly awake = Effect.callback<void>((resume) => {
    this.wake = () => {
      this.wake = undefined
      resume(Effect.void)
    }
  })

  private readonly writeQueue = Effect.suspend(() => {
    const bytes = this.heldBytes
    const pieces = Framing.encode(this.queue)
    this.queue = []
    if (!Arr.isArrayNonEmpty(pieces)) return Effect.void
    return Effect.map(this.options.writeAll(pieces), () => {
      this.heldBytes -= bytes
      this.admitWaiting()
    })
  })

  private hasRoom(frame: Framing.Frame): boolean {
    return (
      this.heldBytes === 0 || this.heldBytes + Framing.encodedBytes(frame) <= this.options.maxBytes
    )
  }

  private enqueue(frame: Framing.Frame): void {
    this.queue.push(frame)
    this.heldBytes += Framing.encodedBytes(frame)
    this.wake?.()
  }

  private admitWaiting(): void {
    for (const entry of this.waiting) {
      if (!this.hasRoom(entry.frame)) return
      this.waiting.delete(entry)
      this.enqueue(entry.frame)
      entry.resume(Effect.void)
    }
  }

  private broken(error: Socket.SocketError): ConnectionLost {
    const { remote } = this.options
    return new ConnectionLost({ remote, reason: "Broken", detail: socketErrorText(error) })
  }
}
