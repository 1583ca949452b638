/**
 * A filter as it is written, read into the tree that the compiler, the planner and tests walk.
 *
 * Whatever a caller can send is either a filter or a `FilterError` that names the place, as in
 * `$or[1].age.$gt`. What could be mistaken for something else is an error too: an operator that
 * does not exist, operators beside plain fields, a field that is `undefined`.
 *
 * **Gotchas**
 *
 * The language is frozen once it is released: the verdict on a document decides what a command
 * changes, and all nodes must come to the same (ST9).
 */
import { filterClausesMax, filterDepthMax, filterMaxBytes } from "../command/Limits.ts"
import type { FilterError } from "../command/Refusal.ts"
import * as Canonical from "../value/Canonical.ts"
import { isFields, sortedNames } from "../value/Compare.ts"
import * as Issue from "../value/Issue.ts"
import { normalizeValue } from "../value/Normal.ts"
import type { Fields, Value } from "../value/Value.ts"
import type { Node, Test } from "./Node.ts"
import * as Operand from "./Operand.ts"
import { parsePath } from "./Path.ts"

/** @category models */
export type { Field, Node, RangeOperator, RangeValue, Test, TypeName } from "./Node.ts"

/** @category models */
export type FilterRefused = typeof FilterError.Encoded

/** @category models */
export interface Filter {
  readonly _tag: "Filter"
  readonly node: Node
  /** Its canonical text, the same for filters that differ in the order of fields only. */
  readonly text: string
}

/**
 * Reads `filter`. What it gives shares nothing with `filter` that can change.
 *
 * @category constructors
 */
export const parse = (filter: unknown): Filter | FilterRefused => {
  const canonical = Canonical.ofFilter(filter)
  if (canonical._tag === "Issue") return refused(canonical)
  if (canonical.bytes > filterMaxBytes)
    return refused(Issue.make(`a filter has at most ${filterMaxBytes} bytes`))
  const node = readFilter(filter, 1, { clauses: 0 })
  return node._tag === "Issue" ? refused(node) : { _tag: "Filter", node, text: canonical.text }
}

const refused = ({ issue, path }: Issue.Issue): FilterRefused => ({
  _tag: "FilterError",
  path,
  issue
})

/** Counts the operators on fields, and the fields without. */
interface Count {
  clauses: number
}

// In the order of names: filters with the same canonical text have the same tree, or the same issue.
const readFilter = (filter: unknown, depth: number, count: Count): Node | Issue.Issue => {
  if (!isFields(filter)) return Issue.make("a filter is an object")
  if (depth > filterDepthMax)
    return Issue.make(`filters stand in each other at most ${filterDepthMax} deep`)
  const nodes: Array<Node> = []
  for (const name of sortedNames(filter)) {
    const read = name.startsWith("$") ? readList : readField
    const found = read(name, filter[name], depth, count)
    if (found._tag === "Issue") return Issue.inField(found, name)
    if (found._tag === "And") nodes.push(...found.nodes)
    else nodes.push(found)
  }
  return and(nodes)
}

const and = (nodes: ReadonlyArray<Node>): Node =>
  nodes.length === 1 ? nodes[0]! : { _tag: "And", nodes }

const readList = (
  name: string,
  filters: unknown,
  depth: number,
  count: Count
): Node | Issue.Issue => {
  const tag = name === "$and" ? "And" : name === "$or" ? "Or" : name === "$nor" ? "Nor" : undefined
  if (tag === undefined) return Issue.make("it is not an operator on filters")
  if (!Array.isArray(filters) || filters.length === 0)
    return Issue.make("it takes a list of filters that is not empty")
  const nodes: Array<Node> = []
  for (const [at, filter] of filters.entries()) {
    const node = readFilter(filter, depth + 1, count)
    if (node._tag === "Issue") return Issue.inItem(node, at)
    if (tag === "And" && node._tag === "And") nodes.push(...node.nodes)
    else nodes.push(node)
  }
  return tag === "And" ? and(nodes) : { _tag: tag, nodes }
}

const readField = (
  name: string,
  value: unknown,
  depth: number,
  count: Count
): Node | Issue.Issue => {
  const path = parsePath(name)
  if (path._tag === "Issue") return Issue.make(path.issue)
  const tests = hasOperators(value)
    ? readTests(value, depth, count)
    : (counted(count) ?? Operand.value(value) ?? equal(value as Value))
  if ("_tag" in tests) return tests
  return and(tests.map((test): Node => ({ _tag: "Field", path, test })))
}

const equal = (value: Value): ReadonlyArray<Test> => [{ _tag: "Eq", value: normalizeValue(value) }]

const hasOperators = (value: unknown): value is Fields =>
  isFields(value) && Object.keys(value).some((name) => name.startsWith("$"))

/** The tests of an object of operators. */
const readTests = (
  operators: Fields,
  depth: number,
  count: Count
): ReadonlyArray<Test> | Issue.Issue => {
  const tests: Array<Test> = []
  for (const name of sortedNames(operators)) {
    const test = counted(count) ?? readTest(name, operators[name], depth, count)
    if (test._tag === "Issue") return Issue.inField(test, name)
    tests.push(test)
  }
  return tests
}

const readTest = (
  name: string,
  operand: unknown,
  depth: number,
  count: Count
): Test | Issue.Issue => {
  if (!name.startsWith("$")) return Issue.make("a plain field stands beside operators")
  switch (name) {
    case "$not":
      return readNot(operand, depth, count)
    case "$elemMatch":
      return readElemMatch(operand, depth, count)
    default:
      return Operand.test(name, operand)
  }
}

const readNot = (operand: unknown, depth: number, count: Count): Test | Issue.Issue => {
  if (!hasOperators(operand)) return Issue.make("it takes an object of operators")
  const tests = nested(depth) ?? readTests(operand, depth + 1, count)
  return "_tag" in tests ? tests : { _tag: "Not", tests }
}

const readElemMatch = (operand: unknown, depth: number, count: Count): Test | Issue.Issue => {
  if (!hasOperators(operand) || Object.keys(operand).some(isList)) {
    const node = readFilter(operand, depth + 1, count)
    return node._tag === "Issue" ? node : { _tag: "ElemMatch", node }
  }
  const tests = nested(depth) ?? readTests(operand, depth + 1, count)
  return "_tag" in tests ? tests : { _tag: "ElemMatch", tests }
}

const isList = (name: string) => name === "$and" || name === "$or" || name === "$nor"

const nested = (depth: number): Issue.Issue | undefined =>
  depth < filterDepthMax
    ? undefined
    : Issue.make(`filters stand in each other at most ${filterDepthMax} deep`)

const counted = (count: Count): Issue.Issue | undefined => {
  count.clauses += 1
  return count.clauses > filterClausesMax
    ? Issue.make(`a filter has at most ${filterClausesMax} clauses`)
    : undefined
}
