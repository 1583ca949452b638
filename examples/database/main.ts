/**
 * A cloud of three processes that keeps 10,000 parcels while they are read, changed and watched,
 * and while one of the three is killed. In the end everything is compared with everything.
 *
 *   node main.ts          lines for people
 *   node main.ts --json   one line for programs; the lines for people go to stderr
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Duration, Effect, Schema } from "effect"
import { run } from "./scenario/Run.ts"

class NotRight extends Schema.TaggedError<NotRight>()("NotRight", {
  issues: Schema.Array(Schema.String)
}) {
  override get message() {
    return `Not all was right: ${this.issues.join("; ")}`
  }
}

const json = process.argv.includes("--json")
const say = (line: string) =>
  Effect.sync(() => void (json ? process.stderr : process.stdout).write(`${line}\n`))

const explain = (cause: Cause.Cause<unknown>) =>
  Effect.sync(() => {
    if (Cause.hasInterruptsOnly(cause)) return
    const error = Cause.squash(cause)
    const text = error instanceof NotRight ? error.message : Cause.pretty(cause)
    process.stderr.write(`${text}\n`)
  })

const program = Effect.gen(function* () {
  // The nodes end with the scope, however the run went.
  const [took, { issues, ...figures }] = yield* Effect.timed(Effect.scoped(run(say)))
  const ok = issues.length === 0
  const totalMs = Math.round(Duration.toMillis(took))
  if (json) process.stdout.write(`${JSON.stringify({ ok, ...figures, totalMs, issues })}\n`)
  if (!ok) return yield* new NotRight({ issues })
  return yield* say("All was right.")
}).pipe(Effect.provide(NodeServices.layer), Effect.tapCause(explain))

NodeRuntime.runMain(program, { disableErrorReporting: true })
