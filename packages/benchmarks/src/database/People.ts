/** The documents as a typed collection. */
import * as Collection from "@distri/core/database/Collection"
import * as Schema from "effect/Schema"

export class People extends Collection.make("people", {
  document: Schema.Struct({
    _id: Schema.String,
    name: Schema.String,
    age: Schema.Number,
    city: Schema.String,
    active: Schema.Boolean,
    address: Schema.Struct({ street: Schema.String, zip: Schema.Number }),
    tags: Schema.Array(Schema.String),
    note: Schema.String
  }),
  indexes: [{ name: "city", keys: ["city"] }]
}) {}
