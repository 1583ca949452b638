/**
 * Where a watch goes on, as text that its consumer can keep. It means the same on every node.
 *
 * `w1.<uid>.<index>.<op>.<collection>.<log>`, the numbers in base 36. A token of another collection,
 * or of another log under the same name, is told apart instead of leading somewhere else.
 */
import { start, type LogIndex } from "../value/LogIndex.ts"
import { isName, isWellFormed } from "../value/Text.ts"
import type { Place } from "./Place.ts"

/** @category models */
export interface Token {
  /** Identity of the log that `place` is in. */
  readonly log: string
  readonly collection: string
  readonly uid: LogIndex
  readonly place: Place
}

/** @category encoding */
export const encode = ({ collection, log, place, uid }: Token): string =>
  `${format}.${digits(uid)}.${digits(place.index)}.${digits(place.op)}.${collection}.${log}`

/** Nothing, unless `text` is exactly what `encode` gives for some token. @category decoding */
export const decode = (text: string): Token | undefined => {
  if (text.length > textMax) return undefined
  const parts = text.split(".")
  const [kind, uid, index, op, collection] = parts
  // A log may be named with dots.
  const log = parts.slice(5).join(".")
  if (kind !== format || !isName(collection) || log === "" || !isWellFormed(log)) return undefined
  const [created, at, change] = [natural(uid), natural(index), natural(op)]
  if (created === undefined || at === undefined || change === undefined) return undefined
  // Nothing happens to a collection before it is created.
  if (created === start || at < created) return undefined
  return {
    log,
    collection,
    uid: created as LogIndex,
    place: { index: at as LogIndex, op: change }
  }
}

const format = "w1"
const textMax = 1024

const digits = (number: number) => number.toString(36)

/** The number that `text` writes, as no other text would. */
const natural = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const number = Number.parseInt(text, 36)
  return Number.isSafeInteger(number) && number >= 0 && digits(number) === text ? number : undefined
}
