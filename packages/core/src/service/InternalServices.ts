/**
 * What nodes tell each other about themselves.
 */
import * as RpcGroup from "effect/rpc/RpcGroup"
import { UpdateInfo } from "../cloud/UpdateInfo.ts"
import * as Service from "./Service.ts"

/**
 * A node's report about itself. A report in another node's name is dropped.
 *
 * @category services
 * @since 0.1.0
 */
export class ReportInfo extends Service.make("UpdateInfo", {
  payload: UpdateInfo,
  access: "internal",
  repeat: "read"
}) {}

/**
 * @category protocols
 * @since 0.1.0
 */
export class InternalServices extends RpcGroup.make(ReportInfo) {}
