import { assert, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Address from "../../src/transport/Address.ts"

it.each([
  ["127.0.0.1:7400", "127.0.0.1:7400"],
  [" localhost:7400 ", "localhost:7400"],
  ["LocalHost:0", "localhost:0"],
  ["[::1]:7400", "[::1]:7400"],
  ["[0:0:0:0:0:0:0:1]:65535", "[::1]:65535"],
  ["node-1.example.org:80", "node-1.example.org:80"]
])("[TR12] %s is the address %s", (text, address) => {
  assert.strictEqual(Result.getOrThrow(Address.parse(text)), address)
})

it.each([
  "",
  ":7400",
  "7400",
  "localhost",
  "localhost:",
  "localhost:x",
  "localhost:-1",
  "localhost:65536",
  "localhost:07400",
  "::1:7400",
  "[::1]",
  "[::1:7400",
  "127.0.0.256:7400",
  "127.0.0.1:7400:1",
  "http://localhost:7400",
  "a b:7400"
])("[TR12] '%s' is refused with what is wrong and a right example", (text) => {
  const error = Result.getOrThrow(Result.flip(Address.parse(text)))
  assert.strictEqual(error._tag, "InvalidAddress")
  assert.match(
    error.message,
    new RegExp(`is not an address \\(.+\\); write it like 127.0.0.1:7400`)
  )
  assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(Address.Address)(text)))
})

it("[TR12] an address travels in its normal form only", () => {
  const decode = Schema.decodeUnknownResult(Address.Address)
  assert.isTrue(Result.isSuccess(decode("localhost:1")))
  assert.include(String(Result.getOrThrow(Result.flip(decode("LOCALHOST:1")))), "localhost:1")
})

it.each([
  ["127.0.0.1:1", true],
  ["127.200.3.4:1", true],
  ["[::1]:1", true],
  ["localhost:1", true],
  ["0.0.0.0:1", false],
  ["[::]:1", false],
  ["10.0.0.1:1", false],
  ["localhost.example.org:1", false],
  ["[::ffff:127.0.0.1]:1", false]
])("[TR11] whether only this machine can reach %s: %s", (text, expected) => {
  assert.strictEqual(Address.isLoopback(Result.getOrThrow(Address.parse(text))), expected)
})

it("a list has its addresses in order, without spaces", () => {
  const addresses = Result.getOrThrow(Address.list("localhost:1, [::1]:2"))
  assert.strictEqual(addresses.join(" "), "localhost:1 [::1]:2")
})

it.each([
  ["", "empty"],
  ["localhost:1,", "empty"],
  ["localhost:1,,localhost:2", "empty"],
  ["localhost:1, LOCALHOST:1", "localhost:1 comes twice"],
  ["localhost:1,nowhere", "host:port"]
])("[TR12] the list '%s' is refused: %s", (text, expected) => {
  assert.include(Result.getOrThrow(Result.flip(Address.list(text))).message, expected)
})

it("gives a socket its host without brackets, and takes another port", () => {
  const address = Address.Address.make("[::1]:7400")
  assert.deepStrictEqual(Address.parts(address), { host: "::1", port: 7400 })
  assert.strictEqual(Address.withPort(address, 1), "[::1]:1")
})
