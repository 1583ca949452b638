/**
 * The type of filters on documents of a known type: paths that exist, and operators that fit what
 * is there.
 *
 * A path has up to four segments, which may be numbers of elements, as in `lines.0.price`, or pass
 * through an array to the fields of its elements, as in `lines.price`. Every path takes null, which
 * is what a missing field matches.
 *
 * **Gotchas**
 *
 * The document is as it is stored. For a schema that is its encoded side.
 */
import type { TypeName } from "./Node.ts"

/**
 * A filter on documents of type `Doc`.
 *
 * @category models
 * @since 0.1.0
 */
export type FilterOf<Doc> = {
  readonly [Path in PathOf<Doc> as IsPattern<Path> extends true ? never : Path]?: ConditionOf<
    ValueAt<Doc, Path>
  >
} & {
  // An index signature cannot be optional; with a question mark it would take undefined.
  readonly [Path in PathOf<Doc> as IsPattern<Path> extends true ? Path : never]: ConditionOf<
    ValueAt<Doc, Path>
  >
} & {
  readonly $and?: ReadonlyArray<FilterOf<Doc>>
  readonly $or?: ReadonlyArray<FilterOf<Doc>>
  readonly $nor?: ReadonlyArray<FilterOf<Doc>>
}

/**
 * What a field of type `V` is compared with: itself or one of its elements, or operators.
 *
 * @category models
 * @since 0.1.0
 */
export type ConditionOf<V> = Operand<V> | OperatorsOf<V>

/**
 * The operators on a field of type `V`. One that takes `never` does not fit the field.
 *
 * @category models
 * @since 0.1.0
 */
export type OperatorsOf<V> = {
  readonly $eq?: Operand<V>
  readonly $ne?: Operand<V>
  readonly $in?: ReadonlyArray<Operand<V>>
  readonly $nin?: ReadonlyArray<Operand<V>>
  readonly $gt?: Limit<V | ElementOf<V>>
  readonly $gte?: Limit<V | ElementOf<V>>
  readonly $lt?: Limit<V | ElementOf<V>>
  readonly $lte?: Limit<V | ElementOf<V>>
  readonly $prefix?: [Extract<V | ElementOf<V>, string>] extends [never] ? never : string
  readonly $all?: ReadonlyArray<Operand<V>>
  readonly $size?: [Extract<V, List>] extends [never] ? never : number
  readonly $elemMatch?: ElementTest<ElementOf<V>>
  readonly $exists?: boolean
  readonly $type?: TypeName | ReadonlyArray<TypeName>
  readonly $not?: OperatorsOf<V>
}

/**
 * The dotted paths of documents of type `Doc`.
 *
 * @category models
 * @since 0.1.0
 */
export type PathOf<Doc> = PathIn<Doc, [1, 1, 1, 1]>

/**
 * What a path leads to. Where it passes through an array, that is what it leads to in an element.
 *
 * @category models
 * @since 0.1.0
 */
export type ValueAt<Doc, Path extends string> = Doc extends Leaf
  ? never
  : Doc extends ReadonlyArray<infer Item>
    ? // In this order: 0.1 is a number, too.
      Path extends `${number}.${infer Rest}`
      ? ValueAt<Item, Rest>
      : Path extends `${number}`
        ? Item
        : ValueAt<Exclude<Item, List>, Path>
    : Path extends keyof Doc
      ? Exclude<Doc[Path], undefined>
      : Path extends `${infer Name}.${infer Rest}`
        ? Name extends keyof Doc
          ? ValueAt<Doc[Name], Rest>
          : never
        : never

type Leaf = null | undefined | boolean | number | string | Date | Uint8Array
type List = ReadonlyArray<unknown>

type ElementOf<V> = V extends ReadonlyArray<infer Item> ? Item : never

type Operand<V> = V | ElementOf<V> | null

/** Other members of the field's type too: a range over `"a" | "b"` may begin at any text. */
type Limit<V> = V extends number
  ? number
  : V extends string
    ? string
    : V extends boolean
      ? boolean
      : Extract<V, Date | Uint8Array>

type ElementTest<Item> = [Item] extends [never]
  ? never
  : | OperatorsOf<Item>
    | ([Exclude<Item, Leaf | List>] extends [never] ? never : FilterOf<Exclude<Item, Leaf | List>>)

/** Whether it stands for many paths, as `lines.${number}` does. */
type IsPattern<Path extends string> = {} extends Record<Path, 1> ? true : false

/** `Left` has as many members as a path may have segments. */
type PathIn<Doc, Left> = Left extends [1, ...infer Next]
  ? Doc extends Leaf | List
    ? never
    : { [Name in keyof Doc & string]-?: Name | Below<Name, Doc[Name], Next> }[keyof Doc & string]
  : never

type Below<Path extends string, V, Left> = V extends Leaf
  ? never
  : V extends ReadonlyArray<infer Item>
    ? `${Path}.${PathIn<Item, Left>}` | Numbered<Path, Item, Left>
    : `${Path}.${PathIn<V, Left>}`

type Numbered<Path extends string, Item, Left> = Left extends [1, ...infer Next]
  ? `${Path}.${number}` | Below<`${Path}.${number}`, Item, Next>
  : never
