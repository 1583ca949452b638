import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { date, equals, isDate } from "../../src/value/Compare.ts"
import { normalize, normalizeValue } from "../../src/value/Normal.ts"
import type { Value } from "../../src/value/Value.ts"
import { disguised, runs, value } from "./values.ts"

const mutable = (of: unknown, found = new Set<unknown>()): Set<unknown> => {
  if (typeof of !== "object" || of === null) return found
  found.add(of instanceof Uint8Array ? of.buffer : of)
  if (!(of instanceof Uint8Array)) for (const member of Object.values(of)) mutable(member, found)
  return found
}

describe("the normal form", () => {
  it("[ST3] shares nothing that can change with what it was made from", () => {
    fc.assert(
      fc.property(value, (some) => {
        const before = disguised(some)
        const own = mutable(normalizeValue(before))
        for (const object of mutable(before)) assert.isFalse(own.has(object))
      }),
      runs(300)
    )
  })

  it("[ST6] is of an equal value, and is its own normal form", () => {
    fc.assert(
      fc.property(value, (some) => {
        const normal = normalizeValue(disguised(some))
        assert.deepStrictEqual(normalizeValue(normal), normal)
        assert.isTrue(equals(normal, normalizeValue(some)))
        assert.isTrue(isNormal(normal))
      }),
      runs(300)
    )
  })

  it("[ST6] leaves out what is undefined, and writes 0 for -0", () => {
    const before = { a: -0, b: undefined, c: [date(-0)] } as never
    assert.deepStrictEqual(normalize(before), { a: 0, c: [date(0)] })
  })
})

const isNormal = (of: Value): boolean => {
  if (typeof of !== "object" || of === null) return of !== undefined && !Object.is(of, -0)
  if (Array.isArray(of)) return of.every(isNormal)
  if (isDate(of)) return true
  if (of instanceof Uint8Array) return of.constructor === Uint8Array
  return Object.getPrototypeOf(of) === Object.prototype && Object.values(of).every(isNormal)
}
