/**
 * Membership arithmetic: what a change makes of a configuration, and of the progress of its members.
 *
 *   simple                  enter-joint autoleave=true          leave-joint
 *   v1 l2 r3                v1 v2
 *
 * `v` makes a voter, `l` a learner, `r` removes. The log grows by one entry with each directive, which
 * shows in the progress of who joins.
 */
import type { ConfChangeStep } from "../../src/membership/ConfChange.ts"
import * as Change from "../../src/membership/change.ts"
import { type Configuration, emptyConfiguration } from "../../src/membership/Configuration.ts"
import { Tracker } from "../../src/progress/Tracker.ts"
import { BadTrace, type Directive, isSet } from "./Directive.ts"
import { describeConfiguration, describeProgress } from "./interaction/describe.ts"

export const makeMembership = (): ((directive: Directive) => string) => {
  const limits = { inflightMax: 10, inflightMaxBytes: Infinity }
  const tracker = new Tracker(emptyConfiguration, limits, {})
  let lastIndex = 0
  return (directive) => {
    const next = change(tracker.configuration, directive)
    if (typeof next === "object") tracker.reconfigure(next, lastIndex)
    lastIndex++
    return typeof next === "object"
      ? `${describeConfiguration(tracker.configuration)}\n${describeProgress(tracker.progress)}`
      : problems[next]
  }
}

const change = (configuration: Configuration, directive: Directive) => {
  const steps = parseSteps(directive.input)
  switch (directive.command) {
    case "simple":
      return Change.simple(configuration, steps)
    case "enter-joint":
      return Change.enterJoint(configuration, isSet(directive, "autoleave"), steps)
    case "leave-joint":
      return Change.leaveJoint(configuration)
    default:
      throw new BadTrace(`unknown command ${directive.command}`)
  }
}

/** The words of the reference. */
const problems: Record<Change.ChangeProblem, string> = {
  AlreadyJoint: "config is already joint",
  NotJoint: "can't leave a non-joint config",
  Joint: "can't apply simple config change in joint config",
  NoVoters: "removed all voters",
  NoVotersYet: "can't make a zero-voter config joint",
  SeveralVoters: "more than one voter changed without entering joint config",
  Unchanged: "nothing changed",
  NoName: "no name"
}

const kinds: Record<string, ConfChangeStep["kind"] | "Update"> = {
  v: "AddVoter",
  l: "AddLearner",
  r: "Remove",
  u: "Update"
}

/**
 * `v1 l2 r3` as steps. Updates, which pass a text along, and steps about node 0 exist in the reference
 * only, and change nothing there.
 */
export const parseSteps = (input: string): ReadonlyArray<ConfChangeStep> =>
  input
    .split(/\s+/)
    .filter((token) => token !== "")
    .flatMap((token) => {
      const kind = kinds[token[0]!]
      const node = token.slice(1)
      if (kind === undefined || !/^\d+$/.test(node)) throw new BadTrace(`unknown step ${token}`)
      return kind === "Update" || node === "0" ? [] : [{ kind, node }]
    })
