import type { JoinAnswer } from "../../../service/LogServices.ts"
import type { Survey } from "./survey.ts"

/** For so long all must have said that they have nothing. */
const certainAfterMs = 3000

/** Whether who answers has something of `log`. One that does not say may have. */
export const holds = (answer: JoinAnswer, log: string): boolean =>
  answer.log === log && answer.holds !== false

/**
 * Notices that nobody has anything of a log that this node joined: who founded it is gone, and left
 * nothing behind. Only in memory, where whoever comes back comes back with nothing.
 *
 * Each node has to say so twice: before the time began, and to a question that was asked after that. So no
 * answer counts that was on its way while somebody still had it.
 */
export class Forsaken {
  #log: string | undefined
  #sinceMs = 0

  /** Whether `log`, of which this node has nothing, can be given up. `undefined`: there is none. */
  look(log: string | undefined, survey: Survey, nowMs: number): boolean {
    const { answers, askedMs, silent } = survey
    const isGone =
      log !== undefined && silent.length === 0 && !answers.some((answer) => holds(answer, log))
    if (!isGone || log !== this.#log) this.#sinceMs = nowMs
    this.#log = isGone ? log : undefined
    return isGone && nowMs - this.#sinceMs >= certainAfterMs && askedMs > this.#sinceMs
  }
}
