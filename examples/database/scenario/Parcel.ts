/** The documents of the scenario, and how two collections of them are compared. */
import type { Client, Collection } from "@distri/core"
import { DateTime, Stream } from "effect"
import { Parcels } from "../collections.ts"

export type Parcel = Collection.Type<typeof Parcels>
export type Copy = ReadonlyMap<string, Parcel>

const cities = ["Bern", "Cairo", "Lima", "Oslo", "Rome"]
const sent = DateTime.makeUnsafe("2030-01-02T03:04:05Z")

export const idOf = (n: number) => `parcel-${String(n).padStart(5, "0")}`

export const make = (id: string, n: number, grams: number): Parcel => ({
  _id: id,
  city: cities[n % cities.length]!,
  grams,
  sent: DateTime.add(sent, { minutes: n }),
  stops: []
})

/** All that is stored, as the node of this client has it. */
export const readAll = (client: Client["Service"]) =>
  client
    .collection(Parcels)
    .stream({}, { limit: 1000 })
    .pipe(
      Stream.runFold(
        () => new Map<string, Parcel>(),
        (all, { document }) => all.set(document._id, document)
      )
    )

/** How many documents differ: missing, too many, or not the same. */
export const differences = (one: Copy, other: Copy): number => {
  const ids = new Set([...one.keys(), ...other.keys()])
  return Array.from(ids).filter((id) => textOf(one.get(id)) !== textOf(other.get(id))).length
}

const textOf = (parcel: Parcel | undefined) =>
  parcel &&
  [parcel.city, parcel.grams, DateTime.formatIso(parcel.sent), parcel.stops.join()].join(" ")

export const count = (n: number) => n.toLocaleString("en")
