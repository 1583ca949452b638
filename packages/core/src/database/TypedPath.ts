/**
 * The paths of a document by which an update addresses a field, and what stands there.
 *
 * They differ from the paths of filters and indexes, which pass through lists: an update names the
 * one place that it changes, so a list is addressed by position, as in `lines.0.amount`. Four
 * levels are typed; what lies deeper is changed by setting the object above it. Below a record of
 * objects any path goes, since its names may be anything: what is set there is only checked when
 * the update is made.
 */

type Leaf = null | undefined | boolean | number | string | Date | Uint8Array

type Below = [never, 0, 1, 2, 3]

/**
 * @category models
 * @since 0.1.0
 */
export type FieldPath<E, Depth extends number = 4> = Depth extends 0
  ? never
  : E extends Leaf
    ? never
    : E extends ReadonlyArray<infer Item>
      ? `${number}` | `${number}.${FieldPath<Item, Below[Depth]>}`
      : string extends keyof E
        ? string
        : {
            [K in keyof E & string]-?: K | `${K}.${FieldPath<E[K], Below[Depth]>}`
          }[keyof E & string]

/**
 * What stands at a path; with `undefined` where it may be missing.
 *
 * @category models
 * @since 0.1.0
 */
export type FieldValue<E, P extends string> = E extends Leaf
  ? never
  : P extends `${infer Name}.${infer Rest}`
    ? FieldValue<Child<E, Name>, Rest>
    : Child<E, P>

/**
 * The paths where something of `T` stands, or where it may be missing.
 *
 * @category models
 * @since 0.1.0
 */
export type PathTo<E, T> = {
  [P in FieldPath<E>]: [FieldValue<E, P>] extends [T | undefined] ? P : never
}[FieldPath<E>]

/**
 * The paths of what a document may lack.
 *
 * @category models
 * @since 0.1.0
 */
export type OptionalPath<E> = {
  [P in FieldPath<E>]: undefined extends FieldValue<E, P> ? P : never
}[FieldPath<E>]

/**
 * Values to set, by path; any may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type SetOf<E> = ByPath<{
  [P in Exclude<FieldPath<E>, "_id">]: Exclude<FieldValue<E, P>, undefined>
}>

/**
 * Numbers to add, by path.
 *
 * @category models
 * @since 0.1.0
 */
export type IncOf<E> = ByPath<{ [P in PathTo<E, number>]: number }>

type ByPath<Values> = {
  readonly [P in keyof Values & string as IsPattern<P> extends true ? never : P]?: Values[P]
} & {
  // An index signature is optional by itself; with a question mark it would take undefined.
  readonly [P in keyof Values & string as IsPattern<P> extends true ? P : never]: Values[P]
}

/** Whether it stands for many paths, as `lines.${number}` does. */
type IsPattern<Path extends string> = {} extends Record<Path, 1> ? true : false

type Child<E, Name extends string> =
  E extends ReadonlyArray<infer Item>
    ? Name extends `${number}`
      ? Item
      : never
    : string extends keyof E
      ? Entry<E[keyof E]>
      : Name extends keyof E
        ? E[Name]
        : never

/** Of a record. A path into it may end there, or in anything below. */
type Entry<Item> = [Item] extends [Leaf] ? Item | undefined : any
