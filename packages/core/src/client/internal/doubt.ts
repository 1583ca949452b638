/**
 * What a call ends with when a node refuses it, and an earlier attempt may have run.
 *
 * A node that has no room for a write, or no leader, speaks of the attempt that it got, and so does one
 * to which the session has expired. The one before, whose connection broke, may be in the log all the
 * same. What the write itself comes to is the same for all attempts.
 */
import { unremembered } from "@distri/store/apply/exactlyOnce"
import { isWrite } from "../../service/DatabaseServices.ts"
import type { CallError } from "../CallError.ts"
import type { Answered } from "./attempt.ts"

/** Typed errors of writes that are about the attempt, and not about the write. */
const ofTheAttempt: ReadonlyArray<string> = [
  "Unavailable",
  "Overloaded",
  "DatabaseFull",
  ...unremembered
]

/** `error`, unless nobody knows whether the call ran. */
export const outcomeOf = <E>(
  service: string,
  { doubt }: Pick<Answered, "doubt">,
  error: E
): E | CallError => {
  const { _tag: tag } = (error ?? {}) as { readonly _tag?: string }
  const hides = tag !== undefined && ofTheAttempt.includes(tag) && isWrite(service)
  return doubt !== undefined && hides ? doubt : error
}
