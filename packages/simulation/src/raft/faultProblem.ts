/** Judges a list of faults that came from outside, as `--faults` reads it, before a run is given it. */
import type { Fault } from "./Fault.ts"

/** What is wrong with a value, as the end of a sentence; undefined when it is right. */
type Check = (value: unknown, names: ReadonlyArray<string>) => string | undefined

const amount: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0
    ? undefined
    : "has to be a number of 0 or more"

const ratio: Check = (value) =>
  amount(value, []) === undefined && (value as number) <= 1
    ? undefined
    : "has to be a number from 0 to 1"

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "has to be true or false")

const name: Check = (value, names) =>
  names.some((known) => known === value) ? undefined : `has to be one of ${names.join(", ")}`

const nameList: Check = (value, names) =>
  Array.isArray(value) && value.every((item) => name(item, names) === undefined)
    ? undefined
    : `has to be a list of some of ${names.join(", ")}`

const oneOf =
  (...words: ReadonlyArray<string>): Check =>
  (value) =>
    words.some((word) => word === value) ? undefined : `has to be one of ${words.join(", ")}`

const pair = { node: name, peer: name }
const node = { node: name }
const lasting = { forMs: amount }

/** The fields of each kind, beside `kind` and `at`. */
const fields: Readonly<Record<Fault["kind"], Readonly<Record<string, Check>>>> = {
  partition: { ...lasting, shape: oneOf("split", "oneWay", "ring"), nodes: nameList },
  storm: { ...lasting, lossRatio: ratio, duplicateRatio: ratio, extraMs: amount },
  slowLink: { ...lasting, from: name, to: name, extraMs: amount },
  crash: {
    ...node,
    point: oneOf("now", "beforeWrite", "beforeSync", "afterSync", "betweenSends", "beforeAnswer"),
    downMs: amount,
    keepRatio: ratio,
    isTorn: flag,
    losesDisk: flag
  },
  pause: { ...node, ...lasting },
  slowDisk: { ...node, ...lasting, syncMs: amount },
  slowApply: { ...node, ...lasting, applyMs: amount },
  transfer: pair,
  campaign: pair,
  forgetLeader: pair,
  unreachable: pair,
  snapshot: { ...node, keep: amount },
  flood: { entries: amount },
  add: pair,
  promote: pair,
  demote: pair,
  remove: pair,
  replace: pair,
  jointReplace: pair,
  jointDemote: pair
}

/** The machines of a run: its founders and two spare ones. */
export const machineNames = (founders: number): ReadonlyArray<string> =>
  Array.from({ length: founders + 2 }, (_, number) => `n${number + 1}`)

/** A sentence that names what is wrong with a fault for a cloud of these machines. */
export const faultProblem = (fault: unknown, names: ReadonlyArray<string>): string | undefined => {
  if (typeof fault !== "object" || fault === null) return "a fault has to be an object"
  const record = fault as Readonly<Record<string, unknown>>
  const { kind } = record
  if (typeof kind !== "string" || !Object.hasOwn(fields, kind)) {
    return `kind is ${JSON.stringify(kind)}, and has to be one of ${Object.keys(fields).join(", ")}`
  }
  for (const [field, check] of Object.entries({ at: amount, ...fields[kind as Fault["kind"]] })) {
    const problem = check(record[field], names)
    if (problem !== undefined) {
      return `${field} of a ${kind} is ${JSON.stringify(record[field])}, and ${problem}`
    }
  }
  return undefined
}
