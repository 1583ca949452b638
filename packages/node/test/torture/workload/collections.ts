/** What clients write and read. */
import * as Collection from "@distri/core/database/Collection"
import * as Schema from "effect/Schema"

/** `pad` only takes room. */
export class Registers extends Collection.make("registers", {
  document: Schema.Struct({
    _id: Schema.String,
    value: Schema.Int,
    pad: Schema.optionalKey(Schema.String)
  })
}) {}

export class Counters extends Collection.make("counters", {
  document: Schema.Struct({ _id: Schema.String, count: Schema.Int })
}) {}

/** How often each token was added: once, or a promise is broken. */
export class Tokens extends Collection.make("tokens", {
  document: Schema.Struct({ _id: Schema.String, times: Schema.Record(Schema.String, Schema.Int) })
}) {}
