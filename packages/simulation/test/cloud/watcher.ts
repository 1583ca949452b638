/**
 * Follows the registers by watching them, loses the connection now and then, and goes on from its last token:
 * what it holds plus what it is told has to be what is stored, without a gap and without a repeat (ST16).
 */
import { Client } from "@distri/core/client/Client"
import type { ChangeEvent, ResumeToken } from "@distri/core/database/Documents"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { Registers } from "./collections.ts"
import { isExpected } from "./outcomes.ts"

type Event = ChangeEvent<typeof Registers.document.Type>

class Copy {
  readonly values = new Map<string, number>()
  token: ResumeToken | undefined = undefined
  private version = 0
  private seen = new Set<string>()

  forget(): void {
    this.values.clear()
    this.token = undefined
    this.version = 0
    this.seen = new Set()
  }

  take(event: Event): void {
    if (event.kind === "initial") return void this.values.set(event.id, event.document.value)
    if (event.kind !== "ready") this.change(event)
    this.token = event.token
  }

  private change(event: Exclude<Event, { readonly kind: "initial" | "ready" }>): void {
    const { id, version, before, after } = event
    if (version < this.version) throw new Error(`${id}: version ${version} after ${this.version}`)
    if (version > this.version) this.seen = new Set()
    if (this.seen.has(id)) throw new Error(`${id}: version ${version} comes twice`)
    this.seen.add(id)
    this.version = version
    const held = this.values.get(id)
    if (before !== undefined && before.value !== held) {
      throw new Error(
        `${id}: was ${before.value} before version ${version}, and the copy has ${held}`
      )
    }
    if (after === undefined) this.values.delete(id)
    else this.values.set(id, after.value)
  }
}

const endMax = 30

/** Watches until `others` has ended, and then until the copy is what a read finds. */
export const watchDuring = <A, E, R>(others: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const registers = (yield* Client).collection(Registers)
    const copy = new Copy()
    const follow = Effect.suspend(() =>
      registers
        .watch({ from: copy.token ?? "start" })
        .pipe(Stream.runForEach((event) => Effect.sync(() => copy.take(event))))
    ).pipe(
      Effect.catchIf(
        (error) => isExpected(error) || error._tag === "ResumeInvalid",
        ({ _tag }) => {
          // Nobody remembers, or it was told only a part of the start.
          if (_tag.startsWith("Resume") || copy.token === undefined) copy.forget()
          return Effect.sleep("300 millis")
        }
      ),
      Effect.orDie
    )
    const connected = Effect.flatMap(Random.nextIntBetween(200, 8_000), (ms) =>
      Effect.timeoutOption(follow, ms)
    ).pipe(
      Effect.tap(() => Effect.sync(() => copy.token === undefined && copy.forget())),
      Effect.forever
    )
    yield* Effect.raceFirst(Effect.andThen(others, sameInTheEnd(copy)), connected)
  })

const sameInTheEnd = (copy: Copy) =>
  Effect.gen(function* () {
    const registers = (yield* Client).collection(Registers)
    let stored: ReadonlyArray<string> = []
    let held: ReadonlyArray<string> = []
    for (let tries = 0; tries < endMax; tries++) {
      const page = yield* Effect.option(registers.read({}, { limit: 1_000, timeout: "2 seconds" }))
      if (page._tag === "Some") {
        stored = page.value.found.map(({ document: { _id, value } }) => `${_id}: ${value}`)
        held = Array.from(copy.values, ([id, value]) => `${id}: ${value}`).toSorted()
        if (held.join() === stored.join()) return
      }
      yield* Effect.sleep("500 millis")
    }
    yield* Effect.die(new Error(`a watcher has ${held.join()}, and stored is ${stored.join()}`))
  })
