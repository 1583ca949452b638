/**
 * Leaves in a document what a reader asked for.
 *
 * Paths pass through arrays to the objects in them. Of what is included, everything else in such an
 * array goes; of what is excluded, everything else stays.
 *
 * **Gotchas**
 *
 * A segment of digits names a field here, never an element: what is left of an array has no such
 * places any more.
 */
import type { InvalidQuery } from "../command/Refusal.ts"
import { parsePath, type Path } from "../filter/Path.ts"
import { isFields } from "../value/Compare.ts"
import type { Fields, Value } from "../value/Value.ts"
import type { Query } from "./Query.ts"

/** @category models */
export interface Projection {
  readonly _tag: "Projection"
  readonly project: (document: Fields) => Fields
}

/** What is named below a field; `undefined`: the field itself, with all of it. */
type Names = Map<string, Names | undefined>

const pathsMax = 200

/** @category constructors */
export const parse = (
  projection: NonNullable<Query["projection"]>
): Projection | typeof InvalidQuery.Encoded => {
  const isInclude = "include" in projection
  const at = isInclude ? "projection.include" : "projection.exclude"
  const texts = isInclude ? projection.include : projection.exclude
  if (texts.length > pathsMax) return invalid(at, `a projection has at most ${pathsMax} paths`)
  const names: Names = new Map()
  for (const [place, text] of texts.entries()) {
    const path = parsePath(text)
    const issue = path._tag === "Issue" ? path.issue : add(names, path, isInclude)
    if (issue !== undefined) return invalid(`${at}[${place}]`, issue)
  }
  if (isInclude) names.set("_id", undefined)
  const walk = isInclude ? include : exclude
  return { _tag: "Projection", project: (document) => walk(document, names) }
}

/** What is wrong with the path, if anything. */
const add = (names: Names, { segments }: Path, isInclude: boolean): string | undefined => {
  if (segments[0]!.name === "_id" && !isInclude) return "_id always stays"
  let level = names
  for (const { name } of segments.slice(0, -1)) {
    let below = level.get(name)
    if (below === undefined) {
      if (level.has(name)) return "a path before it covers this one"
      below = new Map()
      level.set(name, below)
    }
    level = below
  }
  const last = segments.at(-1)!.name
  if (level.has(last)) return "it covers a path before it"
  level.set(last, undefined)
  return undefined
}

const include = (fields: Fields, names: Names): Fields => {
  const out: Record<string, Value> = {}
  for (const name of Object.keys(fields)) {
    if (!names.has(name)) continue
    const below = names.get(name)
    const value = fields[name]!
    if (below === undefined) out[name] = value
    else if (isFields(value)) out[name] = include(value, below)
    else if (Array.isArray(value))
      out[name] = value.filter(isFields).map((item) => include(item, below))
  }
  return out
}

const exclude = (fields: Fields, names: Names): Fields => {
  const out: Record<string, Value> = {}
  for (const name of Object.keys(fields)) {
    const value = fields[name]!
    const below = names.get(name)
    if (below === undefined) {
      if (!names.has(name)) out[name] = value
    } else if (isFields(value)) out[name] = exclude(value, below)
    else if (Array.isArray(value))
      out[name] = value.map((item: Value) => (isFields(item) ? exclude(item, below) : item))
    else out[name] = value
  }
  return out
}

const invalid = (path: string, issue: string): typeof InvalidQuery.Encoded => ({
  _tag: "InvalidQuery",
  path,
  issue
})
