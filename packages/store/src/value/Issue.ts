/**
 * What is wrong with a value, and where: `address.lines[2]`.
 *
 * An issue becomes part of a remembered result, so it is short and well-formed whatever the names
 * in the value are.
 */
import { toWellFormed } from "./Text.ts"

/** `path` is empty when the value itself is meant. @category models */
export interface Issue {
  readonly _tag: "Issue"
  readonly path: string
  readonly issue: string
}

/** @category constructors */
export const make = (issue: string, path = ""): Issue => ({ _tag: "Issue", path, issue })

/** The issue of a field's value, seen from its object. @category combinators */
export const inField = (issue: Issue, name: string): Issue =>
  make(issue.issue, cut(join(name === "" ? '""' : cut(name, nameMax), issue.path), pathMax))

/** The issue of an element, seen from its array. @category combinators */
export const inItem = (issue: Issue, at: number): Issue =>
  make(issue.issue, cut(join(`[${at}]`, issue.path), pathMax))

/** A name as a message shows it. @category getters */
export const shown = (name: string): string => JSON.stringify(cut(name, nameMax))

const nameMax = 64
const pathMax = 256

const join = (step: string, rest: string) =>
  rest === "" || rest.startsWith("[") ? step + rest : `${step}.${rest}`

const cut = (text: string, max: number) =>
  toWellFormed(text.length > max ? `${text.slice(0, max)}…` : text)
