/**
 * Describes the message in which a node reports itself.
 *
 * A report says where requests may go. It carries no data and decides nothing about the database,
 * its members or its votes (CL4). It comes from the network, so every field is bounded: what does
 * not decode is dropped by whoever received it.
 *
 * **Gotchas**
 *
 * - The constructor checks too. A node with very many collections must build its report with
 *   `UpdateInfo.fitting`, or the report itself is refused.
 * - No getters on the class: equality reads them all.
 * - `clock` only bounds the skew between machines. Ages are measured by the receiver.
 */
import * as Schema from "effect/Schema"
import { LogRole } from "../log/LogMember.ts"

/**
 * How large a report may be, as JSON.
 *
 * @category configuration
 * @since 0.1.0
 */
export const reportMaxBytes = 65_536

const collectionsMax = 1_000

/** Twelve digits are enough for any count, and keep products of them finite. */
const Amount = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e12 }))
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const Name = Schema.String.check(Schema.isBetweenLength(1, 256))

/**
 * The name of a node in the table: up to 128 letters, digits and `. _ : @ [ ] -`, so that it is
 * safe in a log line.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NodeId = Schema.String.check(Schema.isPattern(/^[\w.:@[\]-]{1,128}$/)).pipe(
  Schema.brand("NodeId")
)
/** @category models */
export type NodeId = typeof NodeId.Type

/**
 * When the process started, in ms of its own clock. It orders the lives of one node.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Incarnation = Count.pipe(Schema.brand("Incarnation"))
/** @category models */
export type Incarnation = typeof Incarnation.Type

/**
 * Where a node is in its life. Only a `ready` node gets requests.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NodeState = Schema.Literals([
  "starting",
  "joining",
  "catchingUp",
  "ready",
  "draining",
  "stopped",
  "failed"
])
/** @category models */
export type NodeState = typeof NodeState.Type

/**
 * How busy a node is.
 *
 * - `inFlight`: handlers that run. `queued`: requests that were taken and have not started.
 * - `eventLoopP99Ms`: 99th percentile of the event loop's delay. `heapRatio`: used heap / limit.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LoadInfo = Schema.Struct({
  inFlight: Amount,
  queued: Amount,
  eventLoopP99Ms: Amount,
  heapRatio: Amount
})
/** @category models */
export type LoadInfo = typeof LoadInfo.Type

/**
 * A service the node offers. `meanMs`: mean time of its handler here; 0 before the first call.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ServiceInfo = Schema.Struct({
  name: Name,
  fingerprint: Schema.String.check(Schema.isMaxLength(128)),
  repeat: Schema.Literals(["read", "pure", "keyed", "once"]),
  meanMs: Amount
})
/** @category models */
export type ServiceInfo = typeof ServiceInfo.Type

/**
 * A collection as this node holds it. `version`: index of the last log entry that changed it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CollectionInfo = Schema.Struct({
  name: Name,
  documents: Count,
  bytes: Count,
  version: Count
})
/** @category models */
export type CollectionInfo = typeof CollectionInfo.Type

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length

const fits = (value: unknown) => {
  const text = JSON.stringify(value)
  // A code unit takes at most 3 bytes, so most need not be counted.
  return 3 * text.length <= reportMaxBytes || bytesOf(value) <= reportMaxBytes
}

const fields = Schema.Struct({
  node: NodeId,
  /** Where to dial the node: printable ASCII. */
  address: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,256}$/)),
  incarnation: Incarnation,
  /** Orders the reports of one incarnation; counts from 0. */
  seq: Count,
  state: NodeState,
  /** Its part in the log. */
  role: LogRole,
  /** Index of the last log entry this node applied. */
  version: Count,
  load: LoadInfo,
  /** Relative strength; by default the number of cores. */
  capacity: Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 100_000 })),
  services: Schema.Array(ServiceInfo).check(Schema.isMaxLength(1_000)),
  /** Absent: as in the report before. */
  collections: Schema.optionalKey(
    Schema.Array(CollectionInfo).check(Schema.isMaxLength(collectionsMax))
  ),
  /** The versions of the protocol it can speak. */
  protocol: Schema.Struct({ min: Count, max: Count }).check(
    Schema.makeFilter(({ max, min }) => min <= max || "min must not be above max")
  ),
  /** The wall clock when the report was made, in ms. */
  clock: Count,
  /** A digest of the database at `index`: equal on all nodes, or they have diverged. */
  digest: Schema.optionalKey(
    Schema.Struct({ index: Count, value: Schema.String.check(Schema.isMaxLength(128)) })
  )
}).check(Schema.makeFilter((info) => fits(info) || `a report has at most ${reportMaxBytes} bytes`))

/**
 * The report of one node about itself.
 *
 * @category schemas
 * @since 0.1.0
 */
export class UpdateInfo extends Schema.Class<UpdateInfo>("UpdateInfo")(fields) {
  /**
   * Makes a report that is never too large: names the most recently changed collections, as many
   * as fit. Documents are created by callers, so their number must not silence a node.
   */
  static fitting(info: typeof fields.Type): UpdateInfo {
    const { collections, ...rest } = info
    if (collections === undefined || (collections.length <= collectionsMax && fits(info))) {
      return new UpdateInfo(info)
    }
    let roomBytes = reportMaxBytes - bytesOf({ ...rest, collections: [] })
    const recent = collections.toSorted((a, b) => b.version - a.version).slice(0, collectionsMax)
    const tooMany = recent.findIndex((collection) => (roomBytes -= bytesOf(collection) + 1) < 0)
    return new UpdateInfo({
      ...rest,
      collections: tooMany === -1 ? recent : recent.slice(0, tooMany)
    })
  }

  /** The same report without its collections: "as in the report before". */
  static withoutCollections(info: UpdateInfo): UpdateInfo {
    const { collections: _, ...rest }: typeof fields.Type = info
    // A part of what was checked.
    return new UpdateInfo(rest, { disableChecks: true })
  }
}
