/**
 * Carries frames between two processes: what a node serves on and a client dials.
 *
 * A frame is a piece of bytes that arrives whole, in order, once, or not at all. The transport knows
 * nothing of what is inside. Everything above it (handshake, requests, replication) is written
 * against this contract, so TCP, memory, and later TLS and WebSocket are one layer each.
 *
 * **Gotchas**: a frame that was sent may still be lost with its connection; only an answer proves
 * that it arrived. A received frame is a view on a larger buffer that others share: copy what you
 * keep for long, and never transfer its `ArrayBuffer`.
 */
import type * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Address from "./Address.ts"

/**
 * The connection is over. What was sent and not answered may or may not have arrived.
 *
 * - `Ended`: the other side closed it in good order, after its last whole frame.
 * - `Closed`: this side closed it.
 * - `Broken`: anything else; `detail` says what.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", {
  remote: Schema.String,
  reason: Schema.Literals(["Ended", "Closed", "Broken"]),
  detail: Schema.String
}) {
  override get message() {
    return `the connection to ${this.remote} is over: ${this.detail}`
  }
}

/**
 * The other side announced a frame over the limit. None of it was held, and the connection is cut.
 *
 * @category errors
 * @since 0.1.0
 */
export class FrameTooLarge extends Schema.TaggedError<FrameTooLarge>()("FrameTooLarge", {
  remote: Schema.String,
  bytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  override get message() {
    return `${this.remote} announced a frame of ${this.bytes} bytes, over the limit of ${this.maxBytes}`
  }
}

/**
 * No connection came about, so nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class DialFailed extends Schema.TaggedError<DialFailed>()("DialFailed", {
  address: Address.Address,
  reason: Schema.String,
  /** The machine says that nothing listens there. Else it may be there, and not be heard. */
  isRefused: Schema.optionalKey(Schema.Boolean)
}) {
  override get message() {
    return `cannot connect to ${this.address}: ${this.reason}`
  }
}

/**
 * Nobody listens now. `detail` says what to do about it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  address: Address.Address,
  reason: Schema.Literals(["AddressInUse", "NotLoopback", "NotSupported", "Other"]),
  detail: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.address}: ${this.detail}`
  }
}

/**
 * Both directions of one connection. Any number of fibers may send; one at a time receives.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  /** Names the other side in logs and errors. Proves nothing. */
  readonly remote: string

  /**
   * Queues one frame: `head`, then `body`. The frames of one turn leave in one write. Suspends while
   * `OutgoingMaxBytes` wait; frames are queued in the order of the calls, and an interrupted call
   * has queued nothing. The arrays belong to the connection from now on: do not change them.
   *
   * One frame has 1 to `FrameMaxBytes` bytes. Sending another size is a bug of the caller.
   */
  readonly send: (head: Uint8Array, body?: Uint8Array) => Effect.Effect<void, ConnectionLost>

  /**
   * The next frames, whole and in order. Not calling it stops reading from the network, and then
   * also hides that the other side is gone. After an interruption nothing is lost.
   */
  readonly receive: Effect.Effect<
    Arr.NonEmptyReadonlyArray<Uint8Array>,
    ConnectionLost | FrameTooLarge
  >

  /**
   * Writes what was sent, ends this direction, waits for the other side to end, then lets go. Takes
   * at most `CloseTimeout`. Sends and receives that wait fail with `Closed`. Idempotent.
   */
  readonly close: Effect.Effect<void>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Listener {
  /** Where it listens, with the real port. */
  readonly address: Address.Address

  /**
   * Runs `handler` for each connection, each in a fiber of its own. When a handler ends, in whatever
   * way, its connection is closed. Its failures are logged at debug level, its defects as errors;
   * neither touches the other connections. Interrupting `run` interrupts the handlers. Run it once.
   */
  readonly run: <E, R>(
    handler: (connection: Connection) => Effect.Effect<void, E, R>
  ) => Effect.Effect<never, never, R>
}

/**
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<
  Transport,
  {
    /** Opens a connection, within `DialTimeout`. It is closed with the scope. */
    readonly dial: (address: Address.Address) => Effect.Effect<Connection, DialFailed, Scope.Scope>

    /**
     * Listens until the scope closes; then all its connections are closed too. Refuses an address
     * that other machines can reach: nodes cannot prove who they are yet.
     */
    readonly listen: (
      address: Address.Address
    ) => Effect.Effect<Listener, ListenFailed, Scope.Scope>
  }
>()("@distri/core/transport/Transport") {
  /** A transport that keeps the rules which no implementation may choose. */
  static readonly make = (implementation: Transport["Service"]): Transport["Service"] =>
    Transport.of({
      dial: implementation.dial,
      listen: (address) =>
        Address.isLoopback(address)
          ? implementation.listen(address)
          : Effect.fail(
              new ListenFailed({
                address,
                reason: "NotLoopback",
                detail: `other machines could reach it, and nodes cannot prove who they are yet; listen on ${Address.withPort(loopback, Address.parts(address).port)}`
              })
            )
    })
}

const loopback = Address.Address.make("127.0.0.1:0")
