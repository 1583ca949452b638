/**
 * Where a document stands in an index: one key as a rule, several if a path of the index leads to
 * an array.
 *
 * What is missing is indexed as null, so every document is in every index. An array stands there
 * with each of its elements, once, and as a whole: that is how filters look at it. If arrays under
 * two paths could meet, the keys of one document would multiply; so that is refused.
 */
import * as Limits from "../command/Limits.ts"
import type { OperationRefused } from "../command/Refusal.ts"
import { parsePath, step, values, type Path } from "../filter/Path.ts"
import { invariant } from "../invariant.ts"
import * as Canonical from "../value/Canonical.ts"
import { equals } from "../value/Compare.ts"
import * as Issue from "../value/Issue.ts"
import type { Document, Value } from "../value/Value.ts"
import * as KeyText from "./KeyText.ts"
import type { IndexDefinition, IndexKey } from "./State.ts"

/** @category models */
export interface Keys {
  readonly _tag: "Keys"
  /** At least one; each once, in order. */
  readonly keys: ReadonlyArray<IndexKey>
  /** Whether there was an array under one of the paths. */
  readonly multi: boolean
}

/** What is wrong with a definition by itself. @category predicates */
export const refusalOf = ({ keys, name }: IndexDefinition): OperationRefused | undefined => {
  if (!Canonical.isName(name)) return invalid("name", "the name of an index is not right")
  if (keys.length === 0 || keys.length > Limits.indexKeysMax)
    return invalid("keys", `an index has one to ${Limits.indexKeysMax} paths`)
  for (let at = 0; at < keys.length; at += 1) {
    const path = parsePath(keys[at]!)
    if (path._tag === "Issue") return invalid(`keys[${at}]`, path.issue)
    if (keys.indexOf(keys[at]!) < at) return invalid(`keys[${at}]`, "the index has this path twice")
  }
  return undefined
}

/** Why there is no other index of the same paths: it would only be a copy. @category predicates */
export const copyRefusal = (
  others: ReadonlyArray<Pick<IndexDefinition, "name" | "keys">>,
  { keys }: Pick<IndexDefinition, "keys">,
  place: string
): OperationRefused | undefined => {
  const same = others.find((other) => equals(other.keys, keys))
  return same && invalid(`${place}.keys`, `the index "${same.name}" has the same paths`)
}

/** The keys of `document`, in an index whose definition was checked. @category constructors */
export const keysOf = (
  definition: IndexDefinition,
  document: Document
): Keys | OperationRefused => {
  const paths = pathsOf(definition.keys)
  const { _id: id } = document
  let before = ""
  let after = ""
  let spread = -1
  for (let at = 0; at < paths.length; at += 1) {
    const value = reach(document, paths[at]!)
    if (value === several) {
      if (spread >= 0) return twoArrays(definition.name, paths[spread]!, paths[at]!)
      spread = at
    } else if (spread < 0) before += KeyText.of(value ?? null)
    else after += KeyText.of(value ?? null)
  }
  after += id
  // What stands under the other paths is in every key: nothing is built before all is measured.
  if (spread < 0)
    return before.length + after.length > Limits.indexKeyMax
      ? tooLong(definition, document, "")
      : { _tag: "Keys", keys: [before + after], multi: false }
  const all = elements(values(document, paths[spread]!))
  if (all.length > Limits.indexEntriesMax)
    return tooMany(definition.name, paths[spread]!, all.length)
  const { bytes, longest } = measure(before, after, all)
  if (before.length + longest.length + after.length > Limits.indexKeyMax)
    return tooLong(definition, document, longest)
  if (bytes > Limits.indexEntriesMaxBytes) return tooLarge(definition.name, paths[spread]!, bytes)
  return { _tag: "Keys", keys: all.map((each) => before + each + after), multi: true }
}

/** The value where `path` leads, if it leads to one place and that holds no array. */
export const reach = (document: Document, path: Path): Value | undefined | typeof several => {
  let reached: Value | undefined = document
  for (let at = 0; at < path.segments.length; at += 1) {
    const segment = path.segments[at]!
    if (segment.index < 0 && Array.isArray(reached)) return several
    reached = step(reached, segment)
  }
  return Array.isArray(reached) ? several : reached
}

/** The path leads to an array, or through one. */
export const several: unique symbol = Symbol("several")

/** The paths of a definition, parsed once: it is the same array as long as the index lives. */
const pathsOf = (keys: ReadonlyArray<string>): ReadonlyArray<Path> => {
  const known = parsed.get(keys)
  if (known !== undefined) return known
  const paths = keys.map((key) => {
    const path = parsePath(key)
    invariant(path._tag === "Path", "ST2: the definition of an index was checked")
    return path
  })
  parsed.set(keys, paths)
  return paths
}

const parsed = new WeakMap<ReadonlyArray<string>, ReadonlyArray<Path>>()

/** The texts of all by which filters can find a document in an index, each once, in order. */
const elements = (reached: ReadonlyArray<Value | undefined>): ReadonlyArray<string> => {
  const all = new Set<string>()
  for (const value of reached) {
    if (Array.isArray(value))
      for (const item of value as ReadonlyArray<Value>) all.add(KeyText.of(item))
    all.add(KeyText.of(value ?? null))
  }
  return all.size === 0 ? [KeyText.nothing] : [...all].toSorted()
}

/** Of the keys with these elements. The text of a whole array is not the longest: it comes once. */
const measure = (before: string, after: string, elements: ReadonlyArray<string>) => {
  const ends = before.length + after.length
  const isWide = KeyText.isWide(before) || KeyText.isWide(after)
  let bytes = 0
  let longest = ""
  for (const each of elements) {
    const length = ends + each.length
    bytes += isWide || KeyText.isWide(each) ? 2 * length : length
    if (each.length > longest.length && !KeyText.isArray(each)) longest = each
  }
  return { bytes, longest }
}

/** Paths may be long, and the refusal is remembered. */
const twoArrays = (index: string, one: Path, other: Path): OperationRefused => {
  const what = `an array, as under ${Issue.shown(one.text)}: the index "${index}" takes one of them`
  return unfit(other.text, what)
}

const tooMany = (index: string, { text }: Path, count: number): OperationRefused => {
  const what = `${count} different elements: the index "${index}" takes ${Limits.indexEntriesMax}`
  return unfit(text, what)
}

/** `longest`: the longest element of an array. Names the path of the longest text. */
const tooLong = (
  { keys, name }: IndexDefinition,
  document: Document,
  longest: string
): OperationRefused => {
  const lengths = pathsOf(keys).map((path) => {
    const value = reach(document, path)
    return value === several ? longest.length : KeyText.of(value ?? null).length
  })
  const length = lengths.reduce((sum, each) => sum + each, idOf(document).length)
  const text = keys[lengths.indexOf(Math.max(...lengths))]!
  const max = Limits.indexKeyMax
  return unfit(text, `a key of ${length} characters: the index "${name}" takes ${max}`)
}

const tooLarge = (index: string, { text }: Path, bytes: number): OperationRefused => {
  const max = Limits.indexEntriesMaxBytes
  return unfit(text, `keys of ${bytes} bytes: the index "${index}" takes ${max} of a document`)
}

const idOf = ({ _id }: Document) => _id

const unfit = (place: string, what: string): OperationRefused => {
  const { issue, path } = Issue.inField(Issue.make(what), place)
  return { _tag: "InvalidDocument", path, issue }
}

const invalid = (path: string, issue: string): OperationRefused => ({
  _tag: "InvalidCommand",
  path,
  issue
})
