/** The collection that is written to: as small as one with a value can be. */
import * as Collection from "@distri/core/database/Collection"
import * as Schema from "effect/Schema"

export class Entries extends Collection.make("entries", {
  document: Schema.Struct({ _id: Schema.String, value: Schema.String })
}) {}
