/** The documents that all contenders hold: about 290 bytes each, as in the design's measurements. */

export type Person = {
  readonly _id: string
  readonly name: string
  readonly age: number
  readonly city: string
  readonly active: boolean
  readonly address: { readonly street: string; readonly zip: number }
  readonly tags: ReadonlyArray<string>
  readonly note: string
}

export const idOf = (at: number): string => `person-${String(at).padStart(8, "0")}`

/** 10 in 100,000 share a city. */
export const person = (at: number): Person => ({
  _id: idOf(at),
  name: `name ${at % 1000}`,
  age: at % 97,
  city: `city ${Math.floor(at / 10)}`,
  active: at % 3 === 0,
  address: { street: `${at} Long Street`, zip: at % 13 },
  tags: [`tag-${at % 5}`, "everyone"],
  note: "a few words about this person, as programs keep them, to make it as long as usual"
})

export const size = 100_000

export const people = (count: number): ReadonlyArray<Person> =>
  Array.from({ length: count }, (_, at) => person(at))

/** A range, a nested equality and a list of values on an array. */
export const scanFilter = {
  age: { $gte: 18, $lt: 65 },
  "address.zip": 7,
  tags: { $in: ["tag-3", "tag-4"] }
}

/** Another id, or city, at each call: about evenly spread, and the same in every run. */
export const pick = (() => {
  let at = 1
  return (below: number) => (at = (at * 48_271) % 2_147_483_647) % below
})()
