/** What the clients of a simulated cloud write and read. */
import * as Collection from "@distri/core/database/Collection"
import * as Schema from "effect/Schema"

export class Registers extends Collection.make("registers", {
  document: Schema.Struct({ _id: Schema.String, value: Schema.Int })
}) {}

export class Counters extends Collection.make("counters", {
  document: Schema.Struct({ _id: Schema.String, count: Schema.Int })
}) {}

export class Tokens extends Collection.make("tokens", {
  document: Schema.Struct({ _id: Schema.String })
}) {}
