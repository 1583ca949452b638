/**
 * Two sockets joined in memory: what one writes the other reads.
 *
 * Behaves like TCP where it matters: bytes come in other pieces than they were written in, a writer
 * waits for a reader that is slow, each direction ends by itself, and a cut is noticed by both sides.
 * Every write is copied, so the two sides never share memory.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Socket from "effect/socket/Socket"

const pieceMaxBytes = 16 * 1024
const waitingMaxBytes = 64 * 1024

/**
 * @category models
 * @since 0.1.0
 */
export interface MemorySocketPair {
  readonly left: Socket.Socket
  readonly right: Socket.Socket
  /** Breaks the connection like a pulled cable: what is on the way is gone, both sides fail. */
  readonly cut: Effect.Effect<void>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const makePair: Effect.Effect<MemorySocketPair> = Effect.sync(() => {
  const toRight = makeDirection()
  const toLeft = makeDirection()
  const cut = Effect.sync(() => {
    toRight.cut()
    toLeft.cut()
  })
  return {
    left: makeSocket(toLeft, toRight, cut),
    right: makeSocket(toRight, toLeft, cut),
    cut
  }
})

interface Direction {
  readonly read: Effect.Effect<Arr.NonEmptyReadonlyArray<Uint8Array>, Socket.SocketError>
  readonly write: (chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void, Socket.SocketError>
  readonly end: () => void
  readonly cut: () => void
}

const makeDirection = (): Direction => {
  const readable = Latch.makeUnsafe(false)
  const writable = Latch.makeUnsafe(true)
  let pieces: Array<Uint8Array> = []
  let waitingBytes = 0
  let over: Socket.SocketError | undefined

  const read: Direction["read"] = Effect.suspend(() => {
    if (Arr.isArrayNonEmpty(pieces)) {
      const taken = pieces
      pieces = []
      waitingBytes = 0
      writable.openUnsafe()
      return Effect.succeed(taken)
    }
    if (over !== undefined) return Effect.fail(over)
    readable.closeUnsafe()
    return readable.whenOpen(read)
  })

  const written = Effect.suspend(() => (over === broken ? Effect.fail(refused) : Effect.void))

  const finish = (error: Socket.SocketError) => {
    over = error
    readable.openUnsafe()
    writable.openUnsafe()
  }

  return {
    read,
    write: (chunks) =>
      Effect.suspend(() => {
        if (over !== undefined) return Effect.fail(refused)
        for (const piece of chunks.flatMap(toPieces)) {
          pieces.push(piece)
          waitingBytes += piece.length
        }
        if (waitingBytes > waitingMaxBytes) writable.closeUnsafe()
        readable.openUnsafe()
        return writable.whenOpen(written)
      }),
    end: () => {
      if (over === undefined) finish(ended)
    },
    cut: () => {
      pieces = []
      finish(broken)
    }
  }
}

const makeSocket = (
  incoming: Direction,
  outgoing: Direction,
  cut: Effect.Effect<void>
): Socket.Socket => {
  const writer: Socket.Writer = {
    writeAll: (chunks) => outgoing.write(chunks.map(toBytes)),
    write: (chunk) => (Socket.isCloseEvent(chunk) ? cut : outgoing.write([toBytes(chunk)]))
  }
  const reader: Socket.Reader = {
    pull: incoming.read,
    upgrade: Socket.SocketUpgradeError.unsupported
  }
  return Socket.make({
    reader: Effect.acquireRelease(Effect.succeed(reader), () =>
      Effect.sync(() => {
        outgoing.end()
        // Whoever stops reading refuses what the other side still writes.
        incoming.cut()
      })
    ),
    writer: Effect.acquireRelease(Effect.succeed(writer), () => Effect.sync(outgoing.end))
  })
}

const closeError = (code: number) =>
  new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

const ended = closeError(1000)
const broken = closeError(1006)
const refused = new Socket.SocketError({
  reason: new Socket.SocketWriteError({ cause: new Error("the other side is gone") })
})

const toBytes = (chunk: Uint8Array | string): Uint8Array =>
  typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk

const toPieces = (chunk: Uint8Array): Array<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < chunk.length; at += pieceMaxBytes) {
    pieces.push(new Uint8Array(chunk.subarray(at, at + pieceMaxBytes)))
  }
  return pieces
}
