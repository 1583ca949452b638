/**
 * The way from a follower to the node that writes the log.
 *
 * The cloud supplies the calls; this says what they mean. A call fails with what the writer
 * answered, or with `LinkFailed` when there was no answer.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { AppendEntry, LogBarrier, ReadEntries, ReadSnapshot } from "../service/LogServices.ts"
import type * as Service from "../service/Service.ts"

/**
 * No answer came. `started: false`: the request certainly did not reach a handler; in doubt, true.
 *
 * @category errors
 * @since 0.1.0
 */
export class LinkFailed extends Schema.TaggedError<LinkFailed>()("LinkFailed", {
  started: Schema.Boolean
}) {
  override get message() {
    return `the writer did not answer (${this.started ? "it may have started" : "it did not start"})`
  }
}

/** One service, called at the writer. @category models */
export type Call<S extends Service.Any> = (
  payload: Service.Payload<S>
) => Effect.Effect<Service.Success<S>, Service.Error<S> | LinkFailed>

/**
 * Calls any service at the node that writes now.
 *
 * @category models
 * @since 0.1.0
 */
export type Caller = <S extends Service.Any>(
  service: S,
  payload: Service.Payload<S>
) => Effect.Effect<Service.Success<S>, Service.Error<S> | LinkFailed>

/**
 * @category services
 * @since 0.1.0
 */
export class WriterLink extends Context.Service<
  WriterLink,
  {
    readonly append: Call<typeof AppendEntry>
    readonly barrier: Call<typeof LogBarrier>
    /** Waits at the end of the log, up to `waitMs`. */
    readonly read: Call<typeof ReadEntries>
    readonly snapshot: Call<typeof ReadSnapshot>
  }
>()("@distri/core/log/WriterLink") {
  static readonly fromCaller = (call: Caller): WriterLink["Service"] =>
    WriterLink.of({
      append: (payload) => call(AppendEntry, payload),
      barrier: (payload) => call(LogBarrier, payload),
      read: (payload) => call(ReadEntries, payload),
      snapshot: (payload) => call(ReadSnapshot, payload)
    })

  static readonly layer = (call: Caller) => Layer.succeed(WriterLink, WriterLink.fromCaller(call))
}
