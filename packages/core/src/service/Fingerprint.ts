/**
 * Names the shape of a service on the wire, so that two releases notice when it differs.
 *
 * The fingerprint covers the encoded side of payload, success and error. Documentation and checks
 * that do not change the bytes do not change it. A call whose fingerprint differs is refused as
 * `VersionMismatch`; other services of the same node go on working.
 */
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import type { Any } from "./Service.ts"

const cache = new WeakMap<Any, string>()

/**
 * The fingerprint of a service: 24 hexadecimal digits.
 *
 * @category getters
 * @since 0.1.0
 */
export const of = (service: Any): string => {
  const known = cache.get(service)
  if (known !== undefined) return known
  const fingerprint = [service.payloadSchema, service.successSchema, service.errorSchema]
    .map(shape)
    .join("")
  cache.set(service, fingerprint)
  return fingerprint
}

const shape = (schema: Schema.Top): string => {
  const text = JSON.stringify(
    Schema.toRepresentation(Schema.toEncoded(schema)),
    (key, value: unknown) => (key === "annotations" || key === "checks" ? undefined : value)
  )
  return (Hash.string(text) >>> 0).toString(16).padStart(8, "0")
}
