/** What a client may conclude from an error of the typed API. */

export interface Tagged {
  readonly _tag: string
  readonly message?: string
}

/** `refused`: it did nothing and never will. `unknown`: nobody knows. `unexpected`: somebody's bug. */
export type Outcome = "refused" | "unknown" | "unexpected"

const refused = ["Unavailable", "Overloaded", "Draining", "NotReady", "CloudUnreachable"]
const unknown = ["Ambiguous", "UnknownOutcome"]

export const of = (error: Tagged): Outcome => {
  if (refused.includes(error._tag)) return "refused"
  if (unknown.includes(error._tag)) return "unknown"
  if (error._tag !== "DeadlineExceeded") return "unexpected"
  return (error as { readonly started?: boolean }).started === false ? "refused" : "unknown"
}
