/** A place between two changes of the log. It is named by the change that comes next. */
import { next, type LogIndex } from "../value/LogIndex.ts"

/**
 * Before change `op` of entry `index`; that change need not exist.
 *
 * @category models
 */
export interface Place {
  readonly index: LogIndex
  readonly op: number
}

/** After everything that entry `index` changes. @category constructors */
export const after = (index: LogIndex): Place => ({ index: next(index), op: 0 })

/** @category predicates */
export const isBefore = (a: Place, b: Place): boolean =>
  a.index < b.index || (a.index === b.index && a.op < b.op)

/** @category combinators */
export const later = (a: Place, b: Place): Place => (isBefore(a, b) ? b : a)
