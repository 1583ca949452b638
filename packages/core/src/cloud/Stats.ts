/**
 * Describes what a node reports about its work.
 *
 * Every node answers Stats in every state and under any load (CL11). The numbers obey two laws at
 * every moment (CL21): `received = accepted + refused`, and `accepted = completed + failed +
 * cancelled + handedBack + queued + running`.
 */
import * as Schema from "effect/Schema"
import { LogRole } from "../log/LogMember.ts"
import { CollectionInfo, LoadInfo, NodeId, NodeState } from "./UpdateInfo.ts"

/**
 * - `received`: public and database requests, counted on the node that got them.
 * - `accepted`: those it took. `refused`: the others, by reason.
 * - `completed`: typed service errors included. `failed`: ended in a defect or at the deadline.
 * - `cancelled`: given up by the caller. `handedBack`: not started when the node began to drain.
 * - `outages`: times the node left `ready` without being asked to.
 * - `taskTimeMs`: handler time of the completed tasks.
 *
 * @category schemas
 * @since 0.1.0
 */
export class Stats extends Schema.Class<Stats>("Stats")({
  node: NodeId,
  address: Schema.String,
  incarnation: Schema.Number,
  release: Schema.String,
  state: NodeState,
  /** The part of this node in the log, and who leads it, as far as it knows. */
  role: LogRole,
  leader: Schema.optionalKey(Schema.String),
  term: Schema.Number,
  voters: Schema.Array(Schema.String),
  /**
   * How many more voters may be lost before writes stop; negative: they have stopped. Only the leader
   * hears who is there: the others take all voters but a lost leader for well.
   */
  survives: Schema.Number,
  /** How long the process has run, in ms. */
  uptimeMs: Schema.Number,
  received: Schema.Number,
  accepted: Schema.Number,
  completed: Schema.Number,
  failed: Schema.Number,
  cancelled: Schema.Number,
  handedBack: Schema.Number,
  refused: Schema.Record(Schema.String, Schema.Number),
  queued: Schema.Number,
  running: Schema.Number,
  outages: Schema.Number,
  taskTimeMs: Schema.Number,
  /** Open connections of clients. */
  connections: Schema.Number,
  services: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      completed: Schema.Number,
      p50Ms: Schema.Number,
      p99Ms: Schema.Number
    })
  ),
  load: LoadInfo,
  capacity: Schema.Number,
  /** Database version: the index of the last log entry this node applied. */
  version: Schema.Number,
  digest: Schema.String,
  durability: Schema.String,
  collections: Schema.Array(CollectionInfo)
}) {}

/**
 * The report of one node, as text for people.
 *
 * @category formatting
 * @since 0.1.0
 */
export const render = (stats: Stats): string => {
  const average = stats.completed === 0 ? 0 : stats.taskTimeMs / stats.completed
  const refusals = Object.entries(stats.refused)
    .map(([why, count]) => `${count} ${why}`)
    .join(", ")
  const lines: ReadonlyArray<readonly [string, string]> = [
    ["Requests Received", String(stats.received)],
    ["Accepted Requests", String(stats.accepted)],
    ["Completed Tasks", String(stats.completed)],
    ["Refused", refusals || "0"],
    ["Server Fails", `${stats.outages} outages, ${stats.failed} failed tasks`],
    ["Cancelled / Handed Back", `${stats.cancelled} / ${stats.handedBack}`],
    ["Total Task Time", `${(stats.taskTimeMs / 1000).toFixed(2)} s`],
    ["Avg Completion Time", `${average.toFixed(2)} ms`],
    ...stats.services
      .filter(({ completed }) => completed > 0)
      .map(
        ({ completed, name, p50Ms, p99Ms }) =>
          [
            `  ${name}`,
            `${completed} (p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms)`
          ] as const
      ),
    ["DB Version", `${stats.version} (${stats.role}, ${stats.durability})`],
    ["DB Voters", `${stats.voters.length}, ${survival(stats.survives)}`],
    ...(stats.collections.length === 0
      ? [["DB Data", "no collections"] as const]
      : stats.collections.map(
          ({ documents, name }) => ["DB Data", `${name}: ${documents} entries`] as const
        ))
  ]
  return [
    `${stats.node} (${stats.state}, up ${(stats.uptimeMs / 1000).toFixed(1)} s)`,
    ...lines.map(([label, value]) => `  ${`${label}:`.padEnd(26)}${value}`)
  ].join("\n")
}

const survival = (losses: number): string =>
  losses < 0
    ? "too few of them answer: writes wait"
    : losses === 0
      ? "none of them may be lost"
      : `${losses} of them may be lost`
