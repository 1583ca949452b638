/**
 * The frames that a client and a node exchange after the handshake.
 *
 * ```
 *   kind u8 | request id u32be | head length u16be | head | body
 *
 *   client                                     node
 *   Request (head, body up to 64 KiB)   -->
 *                                       <--    Proceed      only for a larger body
 *   Chunk ...                           -->
 *                                       <--    Reply (head, first part of the body), Chunk ...
 *   Interrupt                           -->                 the caller has gone
 *   Probe                               -->
 *                                       <--    Load         answered by the connection, no handler
 *                                       <--    Node         what this node knows of one node
 *   Log (body)                          -->                 between nodes: messages of the log
 *   Node                                -->                 between nodes: what one says of itself
 * ```
 *
 * Heads are `SchemaBinary`, which reads older and newer shapes; bodies are raw bytes beside them.
 */
import * as Bytes from "effect/Bytes"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import { UpdateInfo } from "../cloud/UpdateInfo.ts"
import { invariant } from "../invariant.ts"
import { crc32 } from "../peer/pure/crc32.ts"
import { Refusal } from "./Refusal.ts"

/** Names and keys: a refusal repeats them, and must fit into a head itself. */
export const nameMaxLength = 256
/** The parameters of one request, in UTF-16 units. What is larger belongs into the data. */
export const paramsMaxLength = 16_384

const Count = Schema.Number.check(
  Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
)

/**
 * - `mode`: `typed` when the body is the schema's binary form; `bytes` when it is the caller's.
 * - `size`: length of the body. `remainingMs`: time left, since clocks differ.
 * - `seen`: the highest version of the database's `log` that the caller knows of.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RequestHead = Schema.Struct({
  service: Schema.String.check(Schema.isMaxLength(nameMaxLength)),
  mode: Schema.Literals(["typed", "bytes"]),
  params: Schema.optionalKey(Schema.Array(Schema.String)),
  fingerprint: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(nameMaxLength))),
  size: Count,
  remainingMs: Count,
  idempotencyKey: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(nameMaxLength))),
  log: Schema.String.check(Schema.isMaxLength(nameMaxLength)),
  seen: Count
})
/** @category models */
export type RequestHead = typeof RequestHead.Type

/**
 * A node's load when it answered: requests that run and wait, mean handler time of the service
 * asked for (0: unknown), and the version of which log its database has. Versions of two logs do
 * not compare: a cloud that was started anew begins with another log.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LoadHead = Schema.Struct({
  inFlight: Count,
  queued: Count,
  meanMs: Count,
  log: Schema.String,
  version: Count
})
/** @category models */
export type LoadHead = typeof LoadHead.Type

/**
 * `outcome`: `success` and `failure` have a body, the encoded result or typed error; `refused` has
 * a `refusal` instead.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReplyHead = Schema.Struct({
  outcome: Schema.Literals(["success", "failure", "refused"]),
  size: Count,
  load: LoadHead,
  refusal: Schema.optionalKey(Refusal)
})
/** @category models */
export type ReplyHead = typeof ReplyHead.Type

const ProbeHead = Schema.Struct({ service: Schema.String })
/**
 * @category models
 * @since 0.1.0
 */
export type Message =
  | {
      readonly _tag: "Request"
      readonly id: number
      readonly head: RequestHead
      readonly body: Uint8Array
    }
  | { readonly _tag: "Proceed"; readonly id: number }
  | { readonly _tag: "Chunk"; readonly id: number; readonly body: Uint8Array }
  | {
      readonly _tag: "Reply"
      readonly id: number
      readonly head: ReplyHead
      readonly body: Uint8Array
    }
  | { readonly _tag: "Interrupt"; readonly id: number }
  | { readonly _tag: "Probe"; readonly id: number; readonly service: string }
  | { readonly _tag: "Load"; readonly id: number; readonly head: LoadHead }
  | { readonly _tag: "Node"; readonly info: UpdateInfo; readonly ageMs: number }
  | { readonly _tag: "Log"; readonly body: Uint8Array }

/**
 * The bytes are no frame of this protocol. Framing is lost: the connection closes.
 *
 * @category errors
 * @since 0.1.0
 */
export class MalformedFrame extends Schema.TaggedError<MalformedFrame>()("MalformedFrame", {
  issue: Schema.String
}) {
  override get message() {
    return `the other side sent what is no frame of this protocol: ${this.issue}`
  }
}

const kinds = [
  "Request",
  "Proceed",
  "Chunk",
  "Reply",
  "Interrupt",
  "Probe",
  "Load",
  "Node",
  "Log"
] as const
const prefixBytes = 7
const headMaxBytes = 0xffff
const ageMax = 0xffffffff
const empty = new Uint8Array()

const codec = <S extends Schema.Codec<unknown, unknown>>(schema: S) => {
  const binary = SchemaBinary.toCodec(schema) as unknown as Schema.Codec<S["Type"], Uint8Array>
  return {
    encode: Schema.encodeSync(binary),
    decode: Schema.decodeUnknownResult(binary)
  }
}
const request = codec(RequestHead)
const reply = codec(ReplyHead)
const probe = codec(ProbeHead)
const load = codec(LoadHead)
const info = codec(UpdateInfo)

const frame = (kind: (typeof kinds)[number], id: number, head: Uint8Array): Uint8Array => {
  invariant(head.length <= headMaxBytes, "WI4: a head has at most 64 KiB")
  const out = new Uint8Array(prefixBytes + head.length)
  out[0] = kinds.indexOf(kind) + 1
  out[1] = id >>> 24
  out[2] = id >>> 16
  out[3] = id >>> 8
  out[4] = id
  out[5] = head.length >>> 8
  out[6] = head.length
  out.set(head, prefixBytes)
  return out
}

/** The head of a request frame; its body follows in the same frame. */
export const encodeRequest = (id: number, head: RequestHead): Uint8Array =>
  frame("Request", id, request.encode(head))
export const encodeProceed = (id: number): Uint8Array => frame("Proceed", id, empty)
export const encodeChunk = (id: number): Uint8Array => frame("Chunk", id, empty)
export const encodeReply = (id: number, head: ReplyHead): Uint8Array =>
  frame("Reply", id, reply.encode(head))
export const encodeInterrupt = (id: number): Uint8Array => frame("Interrupt", id, empty)
export const encodeProbe = (id: number, service: string): Uint8Array =>
  frame("Probe", id, probe.encode({ service }))
export const encodeLoad = (id: number, head: LoadHead): Uint8Array =>
  frame("Load", id, load.encode(head))

/** Nobody answers it, so it needs no id. */
const logHead = frame("Log", 0, empty)
/** Messages of the log to the node at the other end, which are the body. */
export const encodeLog = (): Uint8Array => logHead.slice()

const encodedInfos = new WeakMap<UpdateInfo, Uint8Array>()

/**
 * A node's report: it is the body, since a head may not be as large; its age stands where others
 * have their request id. A node sends one report to many clients, so its bytes are kept.
 */
export const encodeNode = (
  report: UpdateInfo,
  ageMs: number
): { readonly head: Uint8Array; readonly body: Uint8Array } => {
  const body = encodedInfos.get(report) ?? info.encode(report).slice()
  encodedInfos.set(report, body)
  return { head: frame("Node", Math.min(Math.round(ageMs), ageMax), empty), body }
}

const decodedInfos = new Map<number, { readonly body: Uint8Array; readonly info: UpdateInfo }>()
const decodedInfosMax = 256

/** One report arrives once from every node that is connected, so the last ones are kept. */
const decodeInfo = (body: Uint8Array): Result.Result<UpdateInfo, MalformedFrame> => {
  const hash = crc32(body)
  const known = decodedInfos.get(hash)
  if (known !== undefined && Bytes.Equivalence(known.body, body)) {
    return Result.succeed(known.info)
  }
  return Result.map(
    Result.mapError(info.decode(body), ({ message }) => new MalformedFrame({ issue: message })),
    (decoded) => {
      if (decodedInfos.size >= decodedInfosMax) decodedInfos.clear()
      decodedInfos.set(hash, { body: body.slice(), info: decoded })
      return decoded
    }
  )
}

/** Reads one frame. Bodies are views of it, not copies. */
export const decode = (bytes: Uint8Array): Result.Result<Message, MalformedFrame> => {
  const kind = kinds[(bytes[0] ?? 0) - 1]
  if (kind === undefined || bytes.length < prefixBytes) return malformed("unknown kind")
  const id = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0
  const headEnd = prefixBytes + ((bytes[5]! << 8) | bytes[6]!)
  if (headEnd > bytes.length) return malformed("head is cut short")
  const head = bytes.subarray(prefixBytes, headEnd)
  const body = bytes.subarray(headEnd)
  switch (kind) {
    case "Request":
      return map(request.decode(head), (head) => ({ _tag: kind, id, head, body }))
    case "Reply":
      return map(reply.decode(head), (head) => ({ _tag: kind, id, head, body }))
    case "Probe":
      return map(probe.decode(head), ({ service }) => ({ _tag: kind, id, service }))
    case "Load":
      return map(load.decode(head), (head) => ({ _tag: kind, id, head }))
    case "Node":
      return Result.map(decodeInfo(body), (info) => ({ _tag: kind, info, ageMs: id }))
    case "Log":
      return Result.succeed({ _tag: kind, body })
    case "Chunk":
      return Result.succeed({ _tag: kind, id, body })
    case "Proceed":
    case "Interrupt":
      return Result.succeed({ _tag: kind, id })
  }
}

const malformed = (issue: string) => Result.fail(new MalformedFrame({ issue }))

const map = <A>(
  decoded: Result.Result<A, { readonly message: string }>,
  f: (head: A) => Message
): Result.Result<Message, MalformedFrame> =>
  Result.isSuccess(decoded)
    ? Result.succeed(f(decoded.success))
    : malformed(decoded.failure.message)
