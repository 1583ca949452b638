/**
 * Runs a command line program: a readable line for whatever goes wrong, and the exit status.
 *
 * A failure is printed as one line that says what to do. Only a bug of the program itself is
 * printed with its stack.
 */
import { release } from "@distri/core"
import { DistriNode } from "@distri/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/** The user can do something about it: `issue` says what. */
export class Unusable extends Schema.TaggedError<Unusable>()("Unusable", {
  issue: Schema.String
}) {
  override get message() {
    return this.issue
  }
}

export const unusable = (issue: string) => Effect.fail(new Unusable({ issue }))

/**
 * Runs `command` as the main program. `interruptedStatus`: the exit status after SIGTERM or Ctrl-C;
 * asked at the end, since only the command knows whether stopping was what it waited for.
 */
export const run = <Name extends string, Input, E, R extends Available, ContextInput>(
  command: Command.Command<Name, Input, ContextInput, E, R>,
  interruptedStatus: () => number = () => 130
) => {
  const [first, ...rest] = process.argv.slice(2)
  // `pnpm run x -- --flag` hands the dashes on.
  const args = first === undefined || first === "--" ? rest : [first, ...rest]
  const main = Command.runWith(command, { version: release })(args).pipe(
    Effect.provide(Layer.mergeAll(NodeServices.layer, DistriNode.layer, presenter, fewGlobalFlags)),
    Effect.tapCause(explain)
  )
  stopWhenNobodyReads()
  NodeRuntime.runMain(main as Effect.Effect<void, unknown>, {
    disableErrorReporting: true,
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? onExit(interruptedStatus())
        : Runtime.defaultTeardown(exit, onExit)
  })
}

/** `| head -1` closes our output: then there is nobody to work for. */
const stopWhenNobodyReads = () => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => process.kill(process.pid, "SIGTERM"))
  }
}

/** What a command may require. */
type Available = Layer.Success<typeof NodeServices.layer> | Layer.Success<typeof DistriNode.layer>

const print = (line: string) => Effect.sync(() => void process.stderr.write(`${line}\n`))

const explain = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  if (Cause.hasDies(cause)) return print(`a bug of this program:\n${Cause.pretty(cause)}`)
  const error = Cause.squash(cause)
  // What was wrong with the command line has been printed by the presenter.
  const told = error instanceof Object && "_tag" in error && error._tag === "ShowHelp"
  return told ? Effect.void : print(`error: ${error instanceof Error ? error.message : error}`)
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ")

const fewGlobalFlags = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

/** A wrong flag is told in one line; the whole help would hide it. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? print(
          `error: ${event.errors.map(({ message }) => oneLine(message)).join("; ")} (--help shows all flags)`
        )
      : CliOutput.defaultPresenter.present(event)
})
