/**
 * Values as plain JSON, as a test sees them: obvious, slow, and by other means than the store's own.
 * A date is `{"$date": ms}`, bytes are `{"$bytes": base64}`.
 */

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { [name: string]: Json }
export type Doc = { [name: string]: Json }

export const plain = (value: unknown): Json =>
  // oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
  value instanceof Date
    ? { $date: value.getTime() }
    : value instanceof Uint8Array
      ? { $bytes: Buffer.from(value).toString("base64") }
      : Array.isArray(value)
        ? value.map(plain)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value).flatMap(([name, member]) =>
                member === undefined ? [] : [[name, plain(member)]]
              )
            )
          : value === undefined
            ? null
            : JSON.parse(JSON.stringify(value))

/** With sorted names. */
export const text = (json: unknown): string =>
  JSON.stringify(json, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner
  )

export const size = (json: unknown): number => Buffer.byteLength(text(json))

export const same = (a: unknown, b: unknown): boolean => text(a) === text(b)

/** Null and missing < number < string < object < array < bytes < boolean < date. */
export const compare = (a: Json | undefined, b: Json | undefined): number => {
  const [left, right] = [rank(a), rank(b)]
  if (left !== right) return left - right
  const [x, y] = left === 7 || left === 5 ? [Object.values(a!)[0], Object.values(b!)[0]] : [a, b]
  if (Array.isArray(x) && Array.isArray(y)) {
    const at = x.findIndex((item, place) => place >= y.length || compare(item, y[place]) !== 0)
    return at < 0 ? x.length - y.length : at >= y.length ? 1 : compare(x[at], y[at])
  }
  const [p, q] = left === 3 ? [text(x), text(y)] : [x as number, y as number]
  return p < q ? -1 : p > q ? 1 : 0
}

const rank = (json: Json | undefined): number => {
  if (json === undefined || json === null) return 0
  if (Array.isArray(json)) return 4
  if (typeof json === "object") return "$date" in json ? 7 : "$bytes" in json ? 5 : 3
  return { number: 1, string: 2, boolean: 6 }[typeof json as string]!
}

/** Where a dotted path without arrays on the way leads. */
export const at = (doc: Json | undefined, path: string): Json | undefined =>
  path
    .split(".")
    .reduce<Json | undefined>(
      (inside, name) =>
        typeof inside === "object" && inside !== null && Object.hasOwn(inside, name)
          ? (inside as Doc)[name]
          : undefined,
      doc
    )
