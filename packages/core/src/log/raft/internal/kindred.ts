import type { JoinAnswer } from "../../../service/LogServices.ts"
import { nodeOf } from "../pure/Membership.ts"
import type { Core } from "./core.ts"

/**
 * Tells a log that was begun anew from that of another cloud: who slept through the first finds that
 * those it voted with have another log now. A node that merely comes by with one proves nothing.
 */
export class Kindred {
  /** The last members that were heard of; whoever only copies the log votes with nobody. */
  #members: ReadonlyArray<string> = []

  know(members: ReadonlyArray<string>): void {
    if (members.length > 0) this.#members = members
  }

  /** Whether too many of those that had the log of `core` have another one, for it ever to go on. */
  haveLeft({ log, view }: Pick<Core, "log" | "view">, answers: ReadonlyArray<JoinAnswer>): boolean {
    const { voters } = view.configuration
    const kin = (voters.length > 0 ? voters : this.#members).map(nodeOf)
    const elsewhere = new Set(
      answers.flatMap((other) =>
        other.log === undefined || other.log === log ? [] : [nodeOf(other.id)]
      )
    )
    const staying = kin.filter((node) => !elsewhere.has(node))
    return kin.length > 0 && staying.length * 2 <= kin.length
  }
}
