/** What both sides share: one service, and the group it is offered in. */
import { Service } from "@distri/core"
import { Schema } from "effect"
import { RpcGroup } from "effect/rpc"

export class Shout extends Service.make("Shout", {
  payload: Schema.String,
  success: Schema.String,
  repeat: "pure" // it computes only, so it may be sent again elsewhere
}) {}

export class Services extends RpcGroup.make(Shout) {}
