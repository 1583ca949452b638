/**
 * Says where a node listens: `host:port`.
 *
 * The host is a name, an IPv4 address, or an IPv6 address in brackets. An `Address` is always in its
 * normal form (`LOCALHOST:7400` becomes `localhost:7400`), so equal places are mostly equal strings.
 *
 * **Gotchas**: two names of one machine are two addresses; nothing is looked up here. Port 0 asks for
 * any free port and only makes sense for listening.
 */
import * as Schema from "effect/Schema"
import * as Host from "effect/net/Host"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"

/**
 * The text is not an address. `issue` says what is wrong with it.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidAddress extends Schema.TaggedError<InvalidAddress>()("InvalidAddress", {
  text: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return `"${this.text}" is not an address (${this.issue}); write it like 127.0.0.1:7400, [::1]:7400 or localhost:7400`
  }
}

const inNormalForm = (text: string): string | undefined => {
  const endpoint = Host.hostPortFromString(text)
  if (Result.isFailure(endpoint))
    return new InvalidAddress({ text, issue: endpoint.failure.message }).message
  const normal = Host.formatHostPort(endpoint.success)
  return normal === text ? undefined : `write it as ${normal}`
}

/**
 * @category schemas
 * @since 0.1.0
 */
export const Address = Schema.String.check(Schema.makeFilter(inNormalForm)).pipe(
  Schema.brand("@distri/core/transport/Address")
)

/**
 * @category models
 * @since 0.1.0
 */
export type Address = typeof Address.Type

/**
 * True when the text is an address in its normal form. What nodes report is any text.
 *
 * @category guards
 * @since 0.1.0
 */
export const is: (text: string) => text is Address = Schema.is(Address)

/**
 * Reads one address and brings it to its normal form.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (text: string): Result.Result<Address, InvalidAddress> =>
  Host.hostPortFromString(text.trim()).pipe(
    Result.map((endpoint) => Host.formatHostPort(endpoint) as Address),
    Result.mapError((error) => new InvalidAddress({ text, issue: error.message }))
  )

/**
 * Reads addresses separated by commas. Refuses an empty part and an address that comes twice.
 *
 * @category constructors
 * @since 0.1.0
 */
export const list = (text: string): Result.Result<ReadonlyArray<Address>, InvalidAddress> => {
  const addresses = new Set<Address>()
  for (const part of text.split(",")) {
    if (part.trim() === "") {
      return Result.fail(new InvalidAddress({ text, issue: "a part between commas is empty" }))
    }
    const parsed = parse(part)
    if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
    if (addresses.has(parsed.success)) {
      return Result.fail(new InvalidAddress({ text, issue: `${parsed.success} comes twice` }))
    }
    addresses.add(parsed.success)
  }
  return Result.succeed([...addresses])
}

/**
 * The host without brackets, and the port: what a socket wants.
 *
 * @category getters
 * @since 0.1.0
 */
export const parts = (address: Address): { readonly host: string; readonly port: number } => {
  const { host, port } = Host.hostPortFromStringUnsafe(address)
  return { host: Host.formatHost(host), port }
}

/**
 * The same host with another port.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withPort = (address: Address, port: number): Address =>
  Host.formatHostPort(
    Host.hostPortUnsafe(Host.hostPortFromStringUnsafe(address).host, port)
  ) as Address

/**
 * True when only this machine can reach the address: 127.0.0.0/8, ::1, `localhost`.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isLoopback = (address: Address): boolean => {
  const { host } = Host.hostPortFromStringUnsafe(address)
  return typeof host === "string" ? host === "localhost" : NetAddress.isLoopback(host)
}
