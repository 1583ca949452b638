/**
 * The way into a connection: a loop that pulls bytes while somebody receives, and cuts them into
 * frames.
 *
 * It is a fiber of its own, not part of `receive`, so that closing can go on reading: a socket that
 * is let go with unread bytes takes back what it had written.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import { invariant } from "../../invariant.ts"
import * as Framing from "../pure/Framing.ts"
import { ConnectionLost, FrameTooLarge } from "../Transport.ts"
import { socketErrorText } from "./socketErrorText.ts"

type Frames = Arr.NonEmptyReadonlyArray<Uint8Array>
type Over = ConnectionLost | FrameTooLarge

interface Options {
  readonly remote: string
  readonly frameMaxBytes: number
  readonly pull: Effect.Effect<Arr.NonEmptyReadonlyArray<Uint8Array>, Socket.SocketError>
}

export class Incoming {
  private readonly options: Options
  private readonly decoder: Framing.Decoder
  /** Invariant: set only while nobody receives, and then nothing is pulled. */
  private ready: Frames | undefined
  private over: Over | undefined
  private discarding = false
  private receiver: ((effect: Effect.Effect<Frames, Over>) => void) | undefined
  private wake: (() => void) | undefined

  constructor(options: Options) {
    this.options = options
    this.decoder = Framing.makeDecoder(options.frameMaxBytes)
  }

  readonly receive: Effect.Effect<Frames, Over> = Effect.callback((resume) => {
    if (this.ready !== undefined) {
      const frames = this.ready
      this.ready = undefined
      return resume(Effect.succeed(frames))
    }
    if (this.over !== undefined) return resume(Effect.fail(this.over))
    invariant(this.receiver === undefined, "TR4: one fiber at a time receives from a connection")
    this.receiver = resume
    this.wake?.()
    return Effect.sync(() => {
      if (this.receiver === resume) this.receiver = undefined
    })
  })

  /** Ends with the reason why nothing more comes. */
  readonly readLoop: Effect.Effect<Over> = Effect.gen({ self: this }, function* () {
    while (true) {
      if (this.receiver === undefined && !this.discarding) yield* this.wanted
      const chunks = yield* this.options.pull
      const violation = this.discarding ? undefined : this.take(chunks)
      if (violation !== undefined) return violation
    }
  }).pipe(Effect.catch((error) => Effect.succeed(this.ended(error))))

  /** From now on reads to the end and throws away; whoever receives fails with `reason`. */
  discard(reason: ConnectionLost): void {
    this.ready = undefined
    this.discarding = true
    this.fail(reason)
    this.wake?.()
  }

  /** It is over. Frames that have arrived are still handed out first. */
  fail(reason: Over): void {
    if (this.over !== undefined) return
    this.over = reason
    this.answer(Effect.fail(reason))
  }

  private readonly wanted = Effect.callback<void>((resume) => {
    this.wake = () => {
      this.wake = undefined
      resume(Effect.void)
    }
  })

  private take(chunks: Arr.NonEmptyReadonlyArray<Uint8Array>): Over | undefined {
    const frames: Array<Uint8Array> = []
    let violation: number | undefined
    for (const chunk of chunks) {
      const decoded = this.decoder.push(chunk)
      for (const frame of decoded.frames) frames.push(frame)
      violation = decoded.violation
      if (violation !== undefined) break
    }
    if (Arr.isArrayNonEmpty(frames) && !this.answer(Effect.succeed(frames))) this.ready = frames
    if (violation === undefined) return undefined
    if (violation === 0) return this.broken("the other side sent an empty frame")
    const { remote, frameMaxBytes } = this.options
    return new FrameTooLarge({ remote, bytes: violation, maxBytes: frameMaxBytes })
  }

  /** False if nobody receives. */
  private answer(effect: Effect.Effect<Frames, Over>): boolean {
    const resume = this.receiver
    this.receiver = undefined
    resume?.(effect)
    return resume !== undefined
  }

  private ended(error: Socket.SocketError): ConnectionLost {
    const { reason } = error
    if (reason._tag !== "SocketCloseError" || reason.code !== 1000) {
      return this.broken(socketErrorText(error))
    }
    if (this.decoder.insideFrame()) {
      return this.broken("the other side ended in the middle of a frame")
    }
    const { remote } = this.options
    return new ConnectionLost({ remote, reason: "Ended", detail: "the other side ended it" })
  }

  private broken(detail: string): ConnectionLost {
    return new ConnectionLost({ remote: this.options.remote, reason: "Broken", detail })
  }
}
