/**
 * Where a command writes: text for people, one line of progress, and one result for programs.
 *
 * With `--json` the result is the last line of stdout, and everything for people goes to stderr.
 * Progress is always on stderr: redrawn on a terminal, a plain line every 5 seconds elsewhere.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"

export class Screen extends Context.Service<
  Screen,
  {
    readonly say: (text: string) => Effect.Effect<void>
    /** Shows what `line` returns, again and again, while `work` runs. */
    readonly progress: <A, E, R>(
      line: () => string,
      work: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E, R>
    /** Prints the result, if the user asked for JSON. */
    readonly result: (value: Schema.Json) => Effect.Effect<void>
  }
>()("image-cloud/Screen") {
  static readonly layer = (json: boolean) => Layer.sync(Screen, () => make(json))
}

const make = (json: boolean) => {
  const { stderr, stdout } = process
  const terminal = stderr.isTTY === true
  const people = json ? stderr : stdout
  let shown = false
  const clear = () => {
    if (shown) stderr.write("\r\u001B[K")
    shown = false
  }
  const draw = (line: string) => {
    clear()
    shown = terminal
    stderr.write(terminal ? line.slice(0, (stderr.columns || 80) - 1) : `${line}\n`)
  }
  return Screen.of({
    say: (text) =>
      Effect.sync(() => {
        clear()
        people.write(`${text}\n`)
      }),
    progress: (line, work) =>
      Effect.raceFirst(
        work,
        Effect.sync(() => draw(line())).pipe(
          Effect.delay(terminal ? "100 millis" : "5 seconds"),
          Effect.forever
        )
      ).pipe(Effect.ensuring(Effect.sync(clear))),
    result: (value) =>
      Effect.sync(() => {
        if (json) stdout.write(`${JSON.stringify(value)}\n`)
      })
  })
}
