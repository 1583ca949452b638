/**
 * Compiles a filter to a function of a document.
 *
 * A chain of closures is as fast as generated code, and needs none. Nearly every path leads to one
 * value that is no array: that way is short, and tests on the same path go it once. Where there
 * are arrays, each test is asked by itself, since different elements may satisfy different tests.
 */
import type { Fields, Value } from "../value/Value.ts"
import * as Check from "./Check.ts"
import type { Node, Test } from "./Node.ts"
import { member, own, some, step, type Segment } from "./Path.ts"

/** Whether `node` is true of a document. @category constructors */
export const compile = (node: Node): ((document: Fields) => boolean) => ofNode(node)

const ofNode = (node: Node): Check.Predicate => {
  switch (node._tag) {
    case "And":
      return ofConjunction(node.nodes)
    case "Or":
      return any(node.nodes.map(ofNode))
    case "Nor":
      return not(any(node.nodes.map(ofNode)))
    case "Field":
      return ofTests(node.path.segments, [node.test])
  }
}

const ofConjunction = (nodes: ReadonlyArray<Node>): Check.Predicate => {
  const byPath = new Map<string, { segments: ReadonlyArray<Segment>; tests: Array<Test> }>()
  const predicates: Array<Check.Predicate> = []
  for (const node of nodes) {
    if (node._tag !== "Field") {
      predicates.push(ofNode(node))
      continue
    }
    const { path, test } = node
    const same = byPath.get(path.text)
    if (same === undefined) byPath.set(path.text, { segments: path.segments, tests: [test] })
    else same.tests.push(test)
  }
  // The cheaper ones first.
  const fields = Array.from(byPath.values())
    .toSorted((a, b) => a.segments.length - b.segments.length)
    .map(({ segments, tests }) => ofTests(segments, tests))
  return all([...fields, ...predicates])
}

/** No segments: the value itself is tested. */
const ofTests = (segments: ReadonlyArray<Segment>, tests: ReadonlyArray<Test>): Check.Predicate => {
  const checks: Array<Check.Check> = []
  const negations: Array<Check.Predicate> = []
  for (const test of tests) {
    if (test._tag === "Not") negations.push(not(ofTests(segments, test.tests)))
    else if (test._tag === "Exists" && !test.exists)
      negations.push(not(reaches(segments, [Check.exists])))
    else checks.push(...checksOf(test))
  }
  return all(checks.length === 0 ? negations : [reaches(segments, checks), ...negations])
}

const checksOf = (test: Exclude<Test, { readonly _tag: "Not" }>): ReadonlyArray<Check.Check> => {
  switch (test._tag) {
    case "Eq":
      return [Check.equal(test.value)]
    case "In":
      return [Check.among(test.values)]
    case "Range":
      return [Check.range(test.op, test.value)]
    case "Prefix":
      return [Check.prefix(test.prefix)]
    case "All":
      return test.values.map(Check.equal)
    case "Size":
      return [Check.size(test.size)]
    case "Exists":
      return [Check.exists]
    case "Type":
      return [Check.type(test.types)]
    case "ElemMatch":
      return [
        "node" in test
          ? Check.elemFields(ofNode(test.node))
          : Check.elemMatch(ofTests([], test.tests))
      ]
  }
}

/** Whether each of `checks` is true of something that `segments` lead to. */
const reaches = (
  segments: ReadonlyArray<Segment>,
  checks: ReadonlyArray<Check.Check>
): Check.Predicate => {
  const plain = all(merged(checks).map(({ self }) => self))
  const ofArray = all(
    checks.map(
      (check): Check.Predicate =>
        (value) =>
          Check.ofArray(check, value as ReadonlyArray<Value>)
    )
  )
  const ofOne: Check.Predicate = (value) => (Array.isArray(value) ? ofArray(value) : plain(value))
  if (segments.length === 0) return ofOne
  const [first] = segments as [Segment]
  const { inherited, name } = first
  if (segments.length === 1)
    return (document) => {
      const value = inherited ? own(document as Fields, name) : (document as Fields)[name]
      return typeof value === "object" && Array.isArray(value) ? ofArray(value) : plain(value)
    }
  const through = all(
    checks.map((check): Check.Predicate => {
      const predicate: Check.Predicate = (value) =>
        Array.isArray(value) ? Check.ofArray(check, value) : check.self(value)
      return (document) => some(document, segments, 0, predicate)
    })
  )
  return (document) => {
    let value = member(document as Fields, first)
    for (let at = 1; at < segments.length; at += 1) {
      const segment = segments[at]!
      if (segment.index < 0 && Array.isArray(value)) return through(document)
      value = step(value, segment)
    }
    return Array.isArray(value) ? ofArray(value) : plain(value)
  }
}

/** For one value that is no array, the ranges are one range. */
const merged = (checks: ReadonlyArray<Check.Check>): ReadonlyArray<Check.Check> => {
  const ranges = checks.filter(({ interval }) => interval !== undefined)
  const interval = ranges
    .map((range) => range.interval)
    .reduce((a, b) => a && b && Check.intersection(a, b), ranges[0]?.interval)
  if (interval === undefined) return checks
  return [Check.inside(interval), ...checks.filter((check) => check.interval === undefined)]
}

// Without the short forms, a scan takes half as long again.
const all = (predicates: ReadonlyArray<Check.Predicate>): Check.Predicate => {
  const [first, second, third] = predicates
  if (first === undefined) return () => true
  if (second === undefined) return first
  if (third === undefined) return (value) => first(value) && second(value)
  if (predicates.length === 3) return (value) => first(value) && second(value) && third(value)
  return (value) => {
    for (let at = 0; at < predicates.length; at += 1) if (!predicates[at]!(value)) return false
    return true
  }
}

const any = (predicates: ReadonlyArray<Check.Predicate>): Check.Predicate => {
  const [first, second, third] = predicates
  if (first === undefined) return () => false
  if (second === undefined) return first
  if (third === undefined) return (value) => first(value) || second(value)
  return (value) => {
    for (let at = 0; at < predicates.length; at += 1) if (predicates[at]!(value)) return true
    return false
  }
}

const not =
  (predicate: Check.Predicate): Check.Predicate =>
  (value) =>
    !predicate(value)
