/** Updates by the obvious means: one path after the other, on a copy that is changed in place. */
import type { UpdateDocument } from "../../src/command/Command.ts"
import { isDate } from "../../src/value/Compare.ts"
import type { Document } from "../../src/value/Value.ts"

type Op = typeof UpdateDocument.Type
interface Step {
  readonly path: ReadonlyArray<string>
  readonly change: (before: unknown) => unknown
}

class Refused {
  readonly tag: "InvalidCommand" | "InvalidDocument"
  constructor(tag: "InvalidCommand" | "InvalidDocument") {
    this.tag = tag
  }
}

/** The document, or the tag of its refusal. */
export const updated = (document: Document, op: Op): unknown => {
  try {
    if (op.replace !== undefined) return { ...structuredClone(op.replace), _id: document._id }
    const steps = stepsOf(op)
    if (steps.some(({ path }) => !isPath(path))) return "InvalidCommand"
    if (steps.some((step) => steps.some((other) => step !== other && isUnder(step, other))))
      return "InvalidCommand"
    const copy = structuredClone(document) as unknown
    for (const { change, path } of steps.toSorted(byPath)) write(copy, path, change)
    return copy
  } catch (refused) {
    if (refused instanceof Refused) return refused.tag
    throw refused
  }
}

const stepsOf = ({ inc = {}, set = {}, unset = [] }: Op): Array<Step> => [
  ...Object.entries(set).map(([path, value]) => step(path, () => structuredClone(value))),
  ...unset.map((path) => step(path, () => undefined)),
  ...Object.entries(inc).map(([path, by]) => {
    if (typeof by !== "number" || !Number.isFinite(by)) throw new Refused("InvalidCommand")
    return step(path, (before) => {
      if (before !== undefined && typeof before !== "number") throw new Refused("InvalidDocument")
      const sum = (before ?? 0) + by
      if (!Number.isFinite(sum)) throw new Refused("InvalidDocument")
      return sum
    })
  })
]

const step = (path: string, change: Step["change"]): Step => ({ path: path.split("."), change })

const isPath = (path: Step["path"]) =>
  path.length <= 16 &&
  path[0] !== "_id" &&
  path.every((name) => name !== "" && name !== "__proto__" && !name.startsWith("$"))

const isUnder = (step: Step, other: Step) => other.path.every((name, at) => step.path[at] === name)

const byPath = (a: Step, b: Step) => {
  for (const [at, name] of a.path.entries()) {
    const other = b.path[at]
    if (other === undefined) return 1
    if (name === other) continue
    return isNumber(name) && isNumber(other) ? Number(name) - Number(other) : name < other ? -1 : 1
  }
  return -1
}

const isNumber = (name: string) => /^(0|[1-9]\d*)$/u.test(name)

const write = (holder: unknown, [name, ...rest]: Step["path"], change: Step["change"]): void => {
  if (name === undefined) return
  if (typeof holder !== "object" || holder === null) throw new Refused("InvalidDocument")
  if (isDate(holder) || holder instanceof Uint8Array) throw new Refused("InvalidDocument")
  if (Array.isArray(holder) && !isNumber(name)) throw new Refused("InvalidDocument")
  const held = holder as Record<string, unknown>
  const before = Object.hasOwn(held, name) ? held[name] : undefined
  let after: unknown
  if (rest.length === 0) after = change(before)
  else {
    after = before ?? (before === null ? null : {})
    write(after, rest, change)
    if (before === undefined && Object.keys(after as object).length === 0) after = undefined
  }
  if (after !== undefined) {
    if (Array.isArray(holder) && Number(name) > holder.length) throw new Refused("InvalidDocument")
    held[name] = after
  } else if (before !== undefined) {
    if (Array.isArray(holder)) throw new Refused("InvalidDocument")
    delete held[name]
  }
}
