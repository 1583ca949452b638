/** What a client may conclude from an error of the typed API. */

interface Tagged {
  readonly _tag: string
}

/** The operation did nothing and never will: so the documentation says. */
const refused = [
  "Unavailable",
  "Overloaded",
  "Draining",
  "NotReady",
  "CloudUnreachable",
  "ResumeExpired",
  "SlowConsumer",
  "CursorExpired"
]

/** Nobody knows. */
const unknown = ["Ambiguous", "UnknownOutcome", "DeadlineExceeded"]

export const isRefused = (error: Tagged): boolean =>
  refused.includes(error._tag) ||
  (error._tag === "DeadlineExceeded" && (error as { started?: boolean }).started === false)

/** What can happen where networks and nodes fail. Anything else is a bug of somebody. */
export const isExpected = (error: Tagged): boolean =>
  refused.includes(error._tag) || unknown.includes(error._tag)
