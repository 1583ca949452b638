import { assert, it } from "@effect/vitest"
import type { Link } from "../../src/client/Link.ts"
import { AddressBook } from "../../src/client/internal/addressBook.ts"
import { NodeId } from "../../src/cloud/UpdateInfo.ts"
import { Address } from "../../src/transport/Address.ts"

const given = Address.make("127.0.0.1:7401")
const reported = Address.make("127.0.0.1:7402")
const other = Address.make("127.0.0.1:7403")
const hourMs = 3600 * 1000

/** `other` is connected at first. */
const makeBook = () => {
  const book = new AddressBook([given])
  book.reported(reported, NodeId.make("reported"), 0)
  const entry = book.entry(other, 0)
  const link = { node: NodeId.make("other") } as Link
  book.connected(entry, link)
  return { book, entry, link }
}

const addresses = ({ entries }: AddressBook) => entries.map(({ address }) => address)

it("[CL1] forgets an address that was only reported, a day after it was last heard of", () => {
  const { book } = makeBook()
  book.forget(24 * hourMs)
  assert.deepStrictEqual(addresses(book), [given, reported, other])
  book.heard(reported, 24 * hourMs)
  book.forget(48 * hourMs)
  assert.deepStrictEqual(addresses(book), [given, reported, other])
  book.forget(48 * hourMs + 1)
  assert.deepStrictEqual(addresses(book), [given, other])
})

it("[CL1] keeps all addresses while it reaches nobody", () => {
  const { book, entry, link } = makeBook()
  book.disconnected(entry, link, hourMs)
  book.forget(100 * hourMs)
  assert.deepStrictEqual(addresses(book), [given, reported, other])
})
