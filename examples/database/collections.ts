/** What is stored. Nodes and clients share these definitions. */
import { Collection } from "@distri/core"
import { ResumeToken } from "@distri/core/database/Documents"
import { Effect, Schema } from "effect"

export class Users extends Collection.make("users", {
  document: Schema.Struct({
    _id: Schema.String,
    name: Schema.String,
    email: Schema.optionalKey(Schema.String),
    age: Schema.Int,
    joined: Schema.DateTimeUtcFromDate,
    address: Schema.Struct({ city: Schema.String, zip: Schema.optionalKey(Schema.String) }),
    tags: Schema.Array(Schema.String),
    points: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(0))),
    until: Schema.optionalKey(Schema.DateTimeUtcFromDate)
  }),
  indexes: [
    { name: "city", keys: ["address.city", "age"] },
    { name: "email", keys: ["email"], unique: true }
  ],
  expires: "until"
}) {}

export class Orders extends Collection.make("orders", {
  document: Schema.Struct({
    _id: Schema.String,
    user: Schema.String,
    total: Schema.Int,
    state: Schema.Literals(["open", "paid", "sent"])
  }),
  indexes: [{ name: "user", keys: ["user"] }]
}) {}

/** What each user has spent, built from the changes of the orders. */
export class Totals extends Collection.make("totals", {
  document: Schema.Struct({ _id: Schema.String, spent: Schema.Int })
}) {}

/** How far a consumer of changes has come. */
export class Progress extends Collection.make("progress", {
  document: Schema.Struct({ _id: Schema.String, token: ResumeToken })
}) {}

/** The parcels of the scenario in main.ts. */
export class Parcels extends Collection.make("parcels", {
  document: Schema.Struct({
    _id: Schema.String,
    city: Schema.String,
    grams: Schema.Int,
    sent: Schema.DateTimeUtcFromDate,
    stops: Schema.Array(Schema.String)
  }),
  indexes: [{ name: "grams", keys: ["grams"] }]
}) {}
