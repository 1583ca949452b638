/**
 * The limits of a transport. A layer reads them once, when it is built.
 *
 * Together they bound the memory of a node: at most `ConnectionsMax` connections, each with at most
 * `OutgoingMaxBytes` on the way out and eight times the part of one frame that has arrived.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * The longest frame, head and body together, in bytes. Default: 1 MiB for a body and 64 KiB for its
 * head. The other side is cut off when it announces a longer one. Both sides should agree.
 *
 * @category configuration
 * @since 0.1.0
 */
export const FrameMaxBytes = Context.Reference<number>(
  "@distri/core/transport/TransportLimits/FrameMaxBytes",
  { defaultValue: () => 1024 * 1024 + 64 * 1024 }
)

/**
 * How many bytes of one connection may wait to be written before `send` suspends. Default 1 MiB.
 * A frame longer than this waits until it is alone. More means fewer stops on a slow network and
 * more memory held for a peer that does not read.
 *
 * @category configuration
 * @since 0.1.0
 */
export const OutgoingMaxBytes = Context.Reference<number>(
  "@distri/core/transport/TransportLimits/OutgoingMaxBytes",
  { defaultValue: () => 1024 * 1024 }
)

/**
 * Open connections per listener. Default 4,096. One more is closed at once.
 *
 * @category configuration
 * @since 0.1.0
 */
export const ConnectionsMax = Context.Reference<number>(
  "@distri/core/transport/TransportLimits/ConnectionsMax",
  { defaultValue: () => 4096 }
)

/**
 * How long a dial may take. Default 5 s.
 *
 * @category configuration
 * @since 0.1.0
 */
export const DialTimeout = Context.Reference<Duration.Duration>(
  "@distri/core/transport/TransportLimits/DialTimeout",
  { defaultValue: () => Duration.seconds(5) }
)

/**
 * How long closing a connection may take: writing what was sent, and waiting for the other side to
 * end. Default 2 s. After it the connection is cut, and what was not written is lost.
 *
 * @category configuration
 * @since 0.1.0
 */
export const CloseTimeout = Context.Reference<Duration.Duration>(
  "@distri/core/transport/TransportLimits/CloseTimeout",
  { defaultValue: () => Duration.seconds(2) }
)

/**
 * @category models
 * @since 0.1.0
 */
export interface TransportLimits {
  readonly frameMaxBytes: number
  readonly outgoingMaxBytes: number
  readonly connectionsMax: number
  readonly dialTimeout: Duration.Duration
  readonly closeTimeout: Duration.Duration
}

/**
 * The limits of the current context.
 *
 * @category getters
 * @since 0.1.0
 */
export const current: Effect.Effect<TransportLimits> = Effect.gen(function* () {
  return {
    frameMaxBytes: yield* FrameMaxBytes,
    outgoingMaxBytes: yield* OutgoingMaxBytes,
    connectionsMax: yield* ConnectionsMax,
    dialTimeout: yield* DialTimeout,
    closeTimeout: yield* CloseTimeout
  }
})
