/**
 * Runs one node of the image cloud in this process, until it is told to stop.
 *
 * It prints `ready ADDRESS (pid PID)` when it serves, and `stopped ADDRESS` when it has drained.
 */
import { type Address, CloudNode } from "@distri/core"
import { ImageServices } from "@distri/image"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as os from "node:os"
import { Screen } from "./Screen.ts"

/** The exit status of a server whose address is taken. */
export const addressInUseStatus = 75

/** The address is taken; whoever chose it may choose another. */
export class AddressInUse extends Schema.TaggedError<AddressInUse>()("AddressInUse", {
  issue: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = addressInUseStatus
  override get message() {
    return this.issue
  }
}

/**
 * Serves on the first address; the others are the rest of the cloud. `data`: the folder for its part
 * of the log; without one it is kept in memory. `attached`: stop when stdin
 * ends, as it does when the process that started this one is gone, however it went.
 */
export const serve = Effect.fnUntraced(function* (
  [listen, ...seeds]: readonly [Address.Address, ...ReadonlyArray<Address.Address>],
  { attached, data }: { readonly attached: boolean; readonly data: string | undefined }
) {
  const screen = yield* Screen
  const serving = Effect.gen(function* () {
    const { address, halted } = yield* CloudNode
    yield* screen.say(`ready ${address} (pid ${process.pid})`)
    yield* attached ? Effect.raceFirst(halted, stdinEnds) : halted
  })
  yield* serving.pipe(
    Effect.provide(
      CloudNode.layer(ImageServices, { listen, seeds, data }).pipe(
        Layer.provide(
          ImageServices.layer({ concurrency: os.availableParallelism(), hardenSharp: true })
        )
      )
    ),
    Effect.catchTag("ListenFailed", (error) =>
      Effect.fail(
        error.reason === "AddressInUse" ? new AddressInUse({ issue: error.message }) : error
      )
    ),
    Effect.onExit((exit) =>
      exit._tag === "Success" || exit.cause.reasons.every(({ _tag }) => _tag === "Interrupt")
        ? screen.say(`stopped ${listen}`)
        : Effect.void
    )
  )
})

const stdinEnds = Effect.callback<void>((resume) => {
  const end = () => resume(Effect.void)
  process.stdin.once("end", end).once("close", end).resume()
})
