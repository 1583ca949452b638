/**
 * The services that every node offers to everyone.
 */
import * as RpcGroup from "effect/rpc/RpcGroup"
import { Stats } from "../cloud/Stats.ts"
import * as Service from "./Service.ts"

/**
 * What the node has done, as `Stats`. Answered in every state and under any load; it is not
 * counted itself. By bytes: no data, and JSON as the reply.
 *
 * @category services
 * @since 0.1.0
 */
export class StatsService extends Service.make("Stats", {
  success: Stats,
  repeat: "read",
  always: true
}) {}

/**
 * @category protocols
 * @since 0.1.0
 */
export class PublicServices extends RpcGroup.make(StatsService) {}
