/**
 * What a schema says about the fields of a stored document.
 *
 * An update is checked where it changes something, so the schema of one field is looked up by its
 * path. A replacement keeps what the schema does not name, so it is turned into the fields that it
 * sets and those that it removes.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { pathMax } from "@distri/store/command/Limits"
import { own } from "@distri/store/filter/Path"
import { isFields } from "@distri/store/value/Compare"
import type { Fields, Value } from "@distri/store/value/Value"

/** The schema of what stands at `path`; undefined where that cannot be told. */
export const schemaAt = (
  ast: SchemaAST.AST,
  path: string
): Schema.Codec<unknown, unknown> | undefined => {
  let at: SchemaAST.AST | undefined = ast
  for (const name of path.split(".")) {
    at = child(at, name)
    if (at === undefined) return undefined
  }
  return Schema.make(at)
}

const child = (ast: SchemaAST.AST, name: string): SchemaAST.AST | undefined => {
  // What is stored is the last thing that decoding starts from.
  const from = ast.encoding?.at(-1)?.to
  if (from !== undefined) return child(from, name)
  switch (ast._tag) {
    case "Suspend":
      return child(ast.thunk(), name)
    case "Objects":
      return (
        ast.propertySignatures.find((property) => property.name === name)?.type ??
        (ast.indexSignatures.length === 1 ? ast.indexSignatures[0]!.type : undefined)
      )
    case "Arrays":
      return ast.elements[Number(name)] ?? (ast.rest.length === 1 ? ast.rest[0] : undefined)
    case "Union": {
      const found = ast.types.flatMap((type) => child(type, name) ?? [])
      return found.length > 1 ? new SchemaAST.Union(found) : found[0]
    }
    default:
      return undefined
  }
}

/** The names of an object, each with those inside it. */
export type Names = ReadonlyMap<string, Names | undefined>

/**
 * What `ast` names in a stored document; undefined if it names everything.
 *
 * A union of documents names what any of them does.
 */
export const namesOf = (ast: SchemaAST.AST): Names | undefined => {
  const encoded = SchemaAST.toEncoded(ast)
  if (encoded._tag !== "Union") return namesIn(encoded, pathMax)
  const names = new Map<string, Names | undefined>()
  for (const type of encoded.types) {
    const more = namesIn(type, pathMax)
    if (more === undefined) return undefined
    // Two members may mean different things by one name, so nothing inside is told apart.
    for (const [name, inside] of more) names.set(name, names.has(name) ? undefined : inside)
  }
  return names
}

const namesIn = (ast: SchemaAST.AST, depth: number): Names | undefined => {
  if (ast._tag !== "Objects" || ast.indexSignatures.length > 0 || depth === 0) return undefined
  const names = new Map<string, Names | undefined>()
  for (const { name, type } of ast.propertySignatures) {
    if (typeof name !== "string" || name.includes(".")) return undefined
    names.set(name, namesIn(defined(type), depth - 1))
  }
  return names
}

/** `ast` without `undefined`, which is never stored. */
const defined = (ast: SchemaAST.AST): SchemaAST.AST => {
  if (ast._tag !== "Union") return ast
  const types = ast.types.filter(({ _tag }) => _tag !== "Undefined")
  return types.length === 1 ? types[0]! : ast
}

/**
 * The changes that make all of `names` as in `fields`.
 *
 * `inside`: paths of objects in which fields are set one by one. `empties`: some object is set to
 * an empty one, so that it loses what else is in it.
 */
export interface Difference {
  readonly set: Fields
  readonly unset: ReadonlyArray<string>
  readonly inside: ReadonlyArray<string>
  readonly empties: boolean
}

/** `stored`: the document as it is. `whole`: paths of objects that are replaced as a whole. */
export interface Known {
  readonly stored?: Fields | undefined
  readonly whole?: ReadonlyArray<string>
}

export const difference = (
  names: Names,
  fields: Fields,
  { stored, whole = [] }: Known = {}
): Difference => {
  const set: Record<string, Value> = {}
  const unset: Array<string> = []
  const inside: Array<string> = []
  let empties = false
  const visit = (inNames: Names, inFields: Fields, inStored: Fields, prefix: string): boolean => {
    let some = false
    for (const [name, below] of inNames) {
      const path = prefix + name
      const value = own(inFields, name)
      if (path === "_id") continue
      if (value === undefined) {
        unset.push(path)
        continue
      }
      some = true
      if (below !== undefined && isFields(value) && !whole.includes(path)) {
        const before = unset.length
        const found = own(inStored, name)
        const now = isFields(found) ? found : none
        if (visit(below, value, now, `${path}.`) || namesMore(now, below)) {
          inside.push(path)
          continue
        }
        // Of an object in which nothing is set, nothing would come to be: it is set itself.
        unset.length = before
        empties = true
      }
      set[path] = value
    }
    return some
  }
  visit(names, fields, stored ?? none, "")
  return { set, unset, inside, empties }
}

const none: Fields = {}

const namesMore = (fields: Fields, names: Names) =>
  Object.keys(fields).some((name) => !names.has(name))
