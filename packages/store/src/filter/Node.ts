/** The syntax tree of filters. */
import type { TypeName } from "../value/Compare.ts"
import type { Value } from "../value/Value.ts"
import type { Path } from "./Path.ts"

/**
 * `And` of none is true of every document. An `And` never stands directly in an `And`.
 *
 * @category models
 */
export type Node =
  | { readonly _tag: "And" | "Or" | "Nor"; readonly nodes: ReadonlyArray<Node> }
  | Field

/** @category models */
export interface Field {
  readonly _tag: "Field"
  readonly path: Path
  readonly test: Test
}

/**
 * What is asked of the values that a path leads to.
 *
 * `Not` is true unless all of `tests` are. `ElemMatch` has either a `node`, for elements that are
 * objects, or `tests`, each asked of an element as if it were a field.
 *
 * @category models
 */
export type Test =
  | { readonly _tag: "Eq"; readonly value: Value }
  | { readonly _tag: "In"; readonly values: ReadonlyArray<Value> }
  | { readonly _tag: "Range"; readonly op: RangeOperator; readonly value: RangeValue }
  | { readonly _tag: "Prefix"; readonly prefix: string }
  | { readonly _tag: "All"; readonly values: ReadonlyArray<Value> }
  | { readonly _tag: "Size"; readonly size: number }
  | { readonly _tag: "Exists"; readonly exists: boolean }
  | { readonly _tag: "Type"; readonly types: ReadonlyArray<TypeName> }
  | { readonly _tag: "ElemMatch"; readonly node: Node }
  | { readonly _tag: "ElemMatch"; readonly tests: ReadonlyArray<Test> }
  | { readonly _tag: "Not"; readonly tests: ReadonlyArray<Test> }

/** @category models */
export type RangeOperator = "$gt" | "$gte" | "$lt" | "$lte"

/** Only values of the same type are in a range. @category models */
export type RangeValue = number | string | boolean | Date | Uint8Array

/** @category models */
export type { TypeName }
