/**
 * What carries out the directives of one file. Each file starts from nothing; which runner it needs is
 * seen from its commands, never from its name.
 */
import type { Directive } from "./Directive.ts"
import { makeEnvironment } from "./interaction/commands.ts"
import { makeMembership } from "./Membership.ts"
import { runQuorum } from "./Quorum.ts"

/** Gives the output of one directive. State lives between the calls. */
export type Runner = (directive: Directive) => string

/**
 * - `Q` quorum arithmetic. `M` membership arithmetic.
 * - `A` interaction of nodes. `C` the same with asynchronous storage. `D` leaders are forgotten.
 *   `B` joint configurations.
 */
export const tiers = ["Q", "M", "A", "B", "C", "D"] as const
export type Tier = (typeof tiers)[number]

const quorumCommands = new Set(["committed", "vote"])
const membershipCommands = new Set(["simple", "enter-joint", "leave-joint"])

export const tierOf = (directives: ReadonlyArray<Directive>): Tier => {
  const has = (predicate: (directive: Directive) => boolean) => directives.some(predicate)
  if (has(({ command }) => quorumCommands.has(command))) return "Q"
  if (has(({ command }) => membershipCommands.has(command))) return "M"
  if (has(({ command }) => command === "forget-leader")) return "D"
  if (has(({ args }) => args.some(({ key }) => key === "async-storage-writes"))) return "C"
  if (has(isJointChange)) return "B"
  return "A"
}

const isJointChange = ({ args, command, input }: Directive): boolean =>
  command === "propose-conf-change" &&
  (args.some(({ key }) => key === "transition") || input.split(/\s+/).length > 1)

export const makeRunner = (tier: Tier): Runner =>
  tier === "Q" ? runQuorum : tier === "M" ? makeMembership() : makeEnvironment()
