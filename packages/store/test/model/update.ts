/** What an update makes of a document, on a deep copy of plain JSON. */
import type { UpdateDocument } from "../../src/command/Command.ts"
import { plain, type Doc, type Json } from "./Json.ts"
import { refuse } from "./refuse.ts"

export const updated = (doc: Doc, op: typeof UpdateDocument.Type): Doc => {
  if (op.replace !== undefined && "$bad" in op.replace) refuse("InvalidDocument")
  if (op.replace !== undefined) return { ...(plain(op.replace) as Doc), _id: doc["_id"]! }
  const paths = [...Object.keys({ ...op.set }), ...(op.unset ?? []), ...Object.keys({ ...op.inc })]
  for (const [at, path] of paths.entries())
    if (paths.some((other, place) => place !== at && `${path}.`.startsWith(`${other}.`)))
      refuse("InvalidCommand")
  const copy = structuredClone(doc)
  for (const [path, value] of Object.entries(plain(op.set ?? {}) as Doc))
    write(copy, path, () => value)
  for (const [path, by] of Object.entries(plain(op.inc ?? {}) as Doc))
    write(copy, path, (old) =>
      old === undefined || typeof old === "number"
        ? (old ?? 0) + (by as number)
        : refuse("InvalidDocument")
    )
  for (const path of op.unset ?? []) erase(copy, path.split("."))
  return copy
}

const write = (doc: Doc, path: string, make: (old: Json | undefined) => Json) => {
  const names = path.split(".")
  const last = names.pop()!
  let inside: Json = doc
  for (const name of names) {
    room(inside, name)
    const held = inside as Doc
    held[name] ??= Object.hasOwn(held, name) ? refuse("InvalidDocument") : {}
    inside = held[name]
  }
  room(inside, last)
  const held = inside as Doc
  held[last] = make(held[last])
}

/** Refuses where `name` cannot stand: in a scalar, or in an array beyond its end. */
const room = (inside: Json, name: string) => {
  if (Array.isArray(inside) && /^\d+$/.test(name) && Number(name) <= inside.length) return
  if (Array.isArray(inside) || typeof inside !== "object" || inside === null || "$date" in inside)
    refuse("InvalidDocument")
}

const erase = (inside: Json | undefined, [name = "", ...rest]: Array<string>): void => {
  if (inside === undefined) return
  room(inside, name)
  if (rest.length > 0) erase((inside as Doc)[name], rest)
  else delete (inside as Doc)[name]
}
