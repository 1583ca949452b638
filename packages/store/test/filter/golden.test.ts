// Verdicts of language version 1, as released. None of them may ever change: a change to the
// language is a new version, with a file of its own.
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { compile } from "../../src/filter/compile.ts"
import { parse } from "../../src/filter/Filter.ts"
import * as Json from "../../src/value/Json.ts"
import type { Fields } from "../../src/value/Value.ts"

interface Golden {
  readonly documents: ReadonlyArray<unknown>
  /** A digit for each of the documents: 1 if it matches. */
  readonly filters: ReadonlyArray<{ readonly filter: unknown; readonly verdicts: string }>
  readonly refused: ReadonlyArray<{ readonly filter: unknown; readonly path: string }>
}

const golden: Golden = JSON.parse(readFileSync(new URL("golden-1.json", import.meta.url), "utf8"))

it("[ST9] the verdicts of version 1 are those that were released", () => {
  const hash = createHash("sha256").update(JSON.stringify(golden)).digest("hex")
  assert.strictEqual(hash, "d0f52ef03cb08f5bd4bbe2e9f857a697880c30d5576785476da591c9da567ebe")
})

it("[ST9] filters match the documents that they matched in the first release", () => {
  const documents = golden.documents.map((document) => value(document) as Fields)
  for (const { filter, verdicts } of golden.filters) {
    const parsed = parse(value(filter))
    if (parsed._tag !== "Filter") return assert.fail(JSON.stringify(filter))
    const matches = compile(parsed.node)
    const found = documents.map((document) => (matches(document) ? "1" : "0")).join("")
    assert.strictEqual(found, verdicts, JSON.stringify(filter))
  }
})

it("[ST9] filters are refused that were refused in the first release", () => {
  for (const { filter, path } of golden.refused) {
    const parsed = parse(value(filter))
    assert.strictEqual(parsed._tag, "FilterError", JSON.stringify(filter))
    if (parsed._tag === "FilterError") assert.strictEqual(parsed.path, path)
  }
})

const value = (json: unknown) => {
  const read = Json.fromJson(json)
  return read._tag === "Value" ? read.value : assert.fail(JSON.stringify(json))
}
