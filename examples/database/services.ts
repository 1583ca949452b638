/** A service whose handler writes to the database of the node that it runs on. */
import { Collection, CurrentRequest, Database, Service, WriteError } from "@distri/core"
import { DateTime, Effect, Option, Schema } from "effect"
import { RpcGroup } from "effect/rpc"
import { Users } from "./collections.ts"

export class EmailTaken extends Schema.TaggedError<EmailTaken>()("EmailTaken", {
  email: Schema.String
}) {}

export class SignUp extends Service.make("SignUp", {
  payload: Schema.Struct({ name: Schema.String, email: Schema.String, city: Schema.String }),
  success: Schema.String,
  error: Schema.Union([EmailTaken, WriteError]),
  repeat: "keyed" // it may be sent again, since its write is named after the request
}) {}

export class Services extends RpcGroup.make(SignUp) {}

export const signUp = SignUp.toLayer(
  Effect.fnUntraced(function* ({ city, email, name }) {
    const { documents } = Option.getOrThrow(yield* Effect.serviceOption(Database))
    const users = Collection.over(documents, Users)
    const { idempotencyKey } = yield* CurrentRequest
    const joined = yield* DateTime.now
    const { id } = yield* users
      .add(
        { name, email, age: 18, joined, address: { city }, tags: [] },
        idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}/1` }
      )
      .pipe(Effect.catchTag("DuplicateKey", () => Effect.fail(new EmailTaken({ email }))))
    return id
  })
)
