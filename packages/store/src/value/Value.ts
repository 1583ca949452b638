/**
 * What a document is made of: JSON, and two kinds of value that JSON lacks.
 *
 * In memory a date is a `Date` and bytes are a `Uint8Array`, so typed code reads documents as they
 * are. In JSON text they are `{"$date": ms}` and `{"$bytes": base64}`, which no document can hold
 * otherwise: a field name never begins with `$`.
 *
 * **Gotchas**
 *
 * Values in a database are shared by everyone who reads it. The types are readonly; a `Date` or
 * `Uint8Array` that is changed in place would change this node's copy.
 */

/** @category models */
export type Value =
  | null
  | boolean
  | number
  | string
  | Date
  | Uint8Array
  | ReadonlyArray<Value>
  | { readonly [field: string]: Value }

/** An object value: a document, or one inside it. @category models */
export interface Fields {
  readonly [field: string]: Value
}

/** A document that is stored has an `_id` of 1 to 128 bytes. @category models */
export interface Document extends Fields {
  readonly _id: string
}
