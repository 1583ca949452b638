import { assert, describe, it } from "@effect/vitest"
import * as CoverCache from "../../src/internal/coverCache.ts"

const cover = (bytes: number) => ({ width: bytes / 3, height: 1, samples: new Uint8Array(bytes) })

describe("decoded covers", () => {
  it("[IM8] are at most so many bytes, and the one used longest ago goes first", () => {
    const cache = CoverCache.make(90)
    for (const name of ["a", "b", "c"]) cache.set(name, cover(30))
    assert.isDefined(cache.get("a"))
    cache.set("d", cover(30))
    assert.isUndefined(cache.get("b"))
    assert.isDefined(cache.get("a"))
    cache.set("e", cover(90))
    assert.deepStrictEqual(
      ["a", "b", "c", "d", "e"].filter((name) => cache.get(name) !== undefined),
      ["e"]
    )
  })

  it("[IM8] are not kept when one alone is over the limit", () => {
    const cache = CoverCache.make(90)
    cache.set("a", cover(30))
    cache.set("b", cover(93))
    assert.isUndefined(cache.get("b"))
    assert.isDefined(cache.get("a"))
    cache.set("a", cover(90))
    assert.strictEqual(cache.get("a")?.samples.length, 30)
  })
})
