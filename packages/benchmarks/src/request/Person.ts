/** What the requests carry. */
import * as Schema from "effect/Schema"

export const Person = Schema.Struct({
  id: Schema.Number,
  name: Schema.String,
  email: Schema.String,
  age: Schema.Number,
  active: Schema.Boolean
})

export const person: typeof Person.Type = {
  id: 123_456,
  name: "Ada Lovelace, Countess",
  email: "ada.lovelace@example.org",
  age: 36,
  active: true
}
