/**
 * The first frame in each direction: who speaks, and in which versions.
 *
 * Its form is frozen: JSON, at most 4 KiB, within 5 seconds. So any two releases can at least tell
 * each other that they do not fit (CL20).
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { NodeId } from "../cloud/UpdateInfo.ts"
import type { Connection } from "../transport/Transport.ts"
import { VersionMismatch } from "./Refusal.ts"

/** The protocols this release speaks. */
export const protocol = { min: 1, max: 1 }
/** This release, for people: it is shown, never compared. */
export const release = "0.0.0"

const helloMaxBytes = 4096

/**
 * `cluster`: the name of the cloud. A caller without one takes any; a node always has one. `node`:
 * present when the caller is itself a node. Nobody proves it yet, so clouds listen on loopback only.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hello = Schema.Struct({
  distri: Schema.Literal(1),
  protocol: Schema.Struct({ min: Schema.Number, max: Schema.Number }),
  release: Schema.String,
  cluster: Schema.optionalKey(Schema.String),
  node: Schema.optionalKey(NodeId)
})
/** @category models */
export type Hello = typeof Hello.Type

/**
 * The other side does not speak this protocol at all, or said nothing for 5 seconds.
 *
 * @category errors
 * @since 0.1.0
 */
export class HandshakeFailed extends Schema.TaggedError<HandshakeFailed>()("HandshakeFailed", {
  remote: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return `${this.remote} is no node of a cloud, or no client: ${this.issue}`
  }
}

const Refused = Schema.Struct({ refused: VersionMismatch })
const FirstFrame = Schema.fromJsonString(Schema.toCodecJson(Schema.Union([Refused, Hello])))
const encode = Schema.encodeSync(FirstFrame as unknown as Schema.Codec<unknown, string>)
const decode = Schema.decodeEffect(FirstFrame)

const send = (connection: Connection, value: typeof FirstFrame.Type) =>
  connection.send(new TextEncoder().encode(encode(value)))

/**
 * Sends our hello and reads the other one. Frames that came with it are returned, undecoded.
 *
 * Fails with `VersionMismatch` when the two cannot talk; the other side is told why first.
 */
export const exchange = Effect.fnUntraced(
  function* (connection: Connection, ours: Pick<Hello, "cluster" | "node">) {
    const hello: Hello = { distri: 1, protocol, release, ...ours }
    yield* send(connection, hello)
    const [first, ...rest] = yield* connection.receive
    const theirs = yield* read(connection.remote, first)
    if ("refused" in theirs) {
      const { ours, theirs: other, what } = theirs.refused
      return yield* new VersionMismatch({ what, ours: other, theirs: ours })
    }
    const mismatch = compare(hello, theirs)
    if (mismatch !== undefined) {
      yield* Effect.ignore(send(connection, { refused: mismatch }))
      return yield* mismatch
    }
    return { theirs, rest }
  },
  (effect, connection) =>
    Effect.timeoutOrElse(effect, {
      duration: "5 seconds",
      orElse: () =>
        Effect.fail(
          new HandshakeFailed({ remote: connection.remote, issue: "it said nothing for 5 s" })
        )
    })
)

const read = (remote: string, frame: Uint8Array) =>
  frame.length > helloMaxBytes
    ? Effect.fail(
        new HandshakeFailed({ remote, issue: `its first frame has ${frame.length} bytes` })
      )
    : decode(new TextDecoder().decode(frame)).pipe(
        Effect.mapError(() => new HandshakeFailed({ remote, issue: "its first frame is no hello" }))
      )

const compare = (ours: Hello, theirs: Hello): VersionMismatch | undefined => {
  if (ours.protocol.max < theirs.protocol.min || theirs.protocol.max < ours.protocol.min) {
    return new VersionMismatch({ what: "protocol", ours: spoken(ours), theirs: spoken(theirs) })
  }
  if (
    ours.cluster !== undefined &&
    theirs.cluster !== undefined &&
    ours.cluster !== theirs.cluster
  ) {
    return new VersionMismatch({ what: "cloud", ours: ours.cluster, theirs: theirs.cluster })
  }
  return undefined
}

const spoken = ({ protocol: { max, min }, release }: Hello) =>
  `${min === max ? min : `${min} to ${max}`} (release ${release})`
