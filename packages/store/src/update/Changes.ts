/**
 * The changes of an update, gathered by their paths into a tree: so what they have in common is
 * copied once, and two that would get in each other's way are found.
 */
import type { UpdateDocument } from "../command/Command.ts"
import type { OperationRefused } from "../command/Refusal.ts"
import { parsePath } from "../filter/Path.ts"
import * as Canonical from "../value/Canonical.ts"
import { sortedNames } from "../value/Compare.ts"
import * as Issue from "../value/Issue.ts"
import { normalizeValue } from "../value/Normal.ts"
import type { Fields, Value } from "../value/Value.ts"

/** What happens to the value at one path. @category models */
export type Change =
  | { readonly _tag: "Set"; readonly value: Value }
  | { readonly _tag: "Unset" }
  | { readonly _tag: "Inc"; readonly by: number }

/** By the names of fields, or the numbers of elements. @category models */
export interface Branch {
  readonly _tag: "Branch"
  readonly below: Map<string, Branch | Change>
}

/** What `op` asks for with `set`, `unset` and `inc`. @category constructors */
export const of = (op: typeof UpdateDocument.Type): Branch | OperationRefused => {
  const root = branch()
  for (const { change, from, path } of asked(op)) {
    const issue = change._tag === "Issue" ? change : add(root, path, change)
    if (issue !== undefined) return refused(from, path, issue)
  }
  return root
}

interface Asked {
  readonly from: "set" | "unset" | "inc"
  readonly path: string
  readonly change: Change | Issue.Issue
}

/** In the order of paths, since the order of an object's keys is not data. */
const asked = ({ inc = none, set = none, unset = [] }: typeof UpdateDocument.Type) => {
  const all: Array<Asked> = []
  for (const path of sortedNames(set))
    if (set[path] !== undefined) all.push({ from: "set", path, change: setTo(set[path]) })
  for (const path of unset) all.push({ from: "unset", path, change: { _tag: "Unset" } })
  for (const path of sortedNames(inc))
    if (inc[path] !== undefined) all.push({ from: "inc", path, change: incBy(inc[path]) })
  return all
}

const none: Fields = {}

const setTo = (value: Value): Change | Issue.Issue => {
  const measured = Canonical.measure(value)
  return measured._tag === "Issue" ? measured : { _tag: "Set", value: normalizeValue(value) }
}

const incBy = (by: Value): Change | Issue.Issue =>
  typeof by === "number" && Number.isFinite(by)
    ? { _tag: "Inc", by }
    : Issue.make("a value that is not a finite number")

const branch = (): Branch => ({ _tag: "Branch", below: new Map() })

const add = (root: Branch, text: string, change: Change): Issue.Issue | undefined => {
  const path = parsePath(text)
  if (path._tag === "Issue") return Issue.make(path.issue)
  const names = path.segments.map(({ name }) => name)
  if (names[0] === "_id") return Issue.make("the _id of a document never changes")
  let at = root
  for (const name of names.slice(0, -1)) {
    const below = at.below.get(name) ?? branch()
    if (below._tag !== "Branch") return conflict
    at.below.set(name, below)
    at = below
  }
  const last = names.at(-1)!
  if (at.below.has(last)) return conflict
  at.below.set(last, change)
  return
}

const conflict = Issue.make("another change of this update is at this path, above it or below it")

const refused = (from: string, path: string, { issue, path: inside }: Issue.Issue) => {
  const place = Issue.inField(Issue.inField(Issue.make(issue, inside), path), from)
  return { _tag: "InvalidCommand", path: place.path, issue } as const
}
