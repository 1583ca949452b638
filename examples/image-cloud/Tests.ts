/**
 * The three load tests: each brings up a cloud or takes a running one, loads it, and reports.
 */
import { type Address, Client } from "@distri/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DatabaseLoad from "./DatabaseLoad.ts"
import * as Documents from "./Documents.ts"
import * as EncryptLoad from "./EncryptLoad.ts"
import * as Encryption from "./Encryption.ts"
import type { Addresses } from "./Flags.ts"
import * as LoadTest from "./LoadTest.ts"
import * as Nodes from "./Nodes.ts"
import * as Picture from "./Picture.ts"
import * as Report from "./Report.ts"
import { Screen } from "./Screen.ts"
import * as Servers from "./Servers.ts"

/** The test ran to its end, and not all was right. */
export class TestFailed extends Schema.TaggedError<TestFailed>()("TestFailed", {
  issue: Schema.String
}) {
  override get message() {
    return this.issue
  }
}

export interface Options {
  readonly clients: number
  readonly servers: number
  /** For servers of its own: where they keep the log, and how often one is killed. */
  readonly data: string | undefined
  readonly killEverySeconds: number | undefined
  /** A running cloud. None: the test starts `servers` of its own. */
  readonly ips: Option.Option<Addresses>
  readonly image: Option.Option<string>
  /** Print what every node says about itself. */
  readonly report: boolean
}

/** Clients that encrypt. `shares`: also say how the work was spread. */
export const encrypt = Effect.fnUntraced(function* (options: Options, shares: boolean) {
  const screen = yield* Screen
  const base = Option.isNone(options.image) ? undefined : yield* Picture.load(options.image)
  yield* onCloud(options, (seeds) =>
    Effect.gen(function* () {
      const outcome = yield* LoadTest.run(EncryptLoad.make(options.clients, base), seeds)
      const saved = { label: "Opened bit for bit", count: outcome.tally.done }
      yield* screen.say(
        `\n${Report.render(title("x 10 encryptions", options, seeds), outcome, saved)}`
      )
      if (shares) yield* screen.say(`\nShare of each node\n${Report.renderShares(outcome)}`)
      yield* conclude(options, seeds, outcome, saved)
    })
  )
}, Effect.provide(Encryption.layer))

/** Clients that write and read one collection, and then a look at every node's copy of it. */
export const database = Effect.fnUntraced(function* (options: Options) {
  const screen = yield* Screen
  yield* onCloud(options, (seeds) =>
    Effect.gen(function* () {
      const collection = `load-${(yield* Clock.currentTimeMillis).toString(36)}`
      yield* Documents.createCollection(collection)
      const outcome = yield* LoadTest.run(DatabaseLoad.make(options.clients, collection), seeds)
      const { issues, saved } = yield* DatabaseLoad.check(seeds, collection, options.clients)
      const entries = { label: "Saved on every node", count: saved }
      yield* screen.say(
        `\n${Report.render(title("x 4 database steps", options, seeds), outcome, entries)}`
      )
      for (const issue of issues) yield* screen.say(`  Not right: ${issue}`)
      yield* conclude(options, seeds, outcome, entries, issues)
      // A cloud that was here before keeps nothing of the test.
      if (Option.isSome(options.ips)) yield* Documents.deleteCollection(collection)
    }).pipe(Effect.provide(Client.layer({ seeds })))
  )
})

const title = (what: string, { clients }: Options, { length }: ReadonlyArray<Address.Address>) =>
  `${clients} clients ${what}, ${length} ${length === 1 ? "server" : "servers"}`

/** Runs `test` on the cloud that was named, or on servers that live as long as the test. */
const onCloud = <E, R>(
  { data, ips, killEverySeconds, servers: count }: Options,
  test: (seeds: ReadonlyArray<Address.Address>) => Effect.Effect<void, E, R>
) =>
  Option.match(ips, {
    onSome: (addresses) => Effect.andThen(reachable(addresses), test(addresses)),
    onNone: () =>
      Effect.scoped(
        Effect.flatMap(Servers.start({ count, data, killEverySeconds }), ({ addresses, allGone }) =>
          Effect.raceFirst(test(addresses), allGone)
        )
      )
  })

/** Fails when no node answers, before thousands of clients find that out. */
const reachable = (seeds: ReadonlyArray<Address.Address>) =>
  Effect.gen(function* () {
    const client = yield* Client
    yield* client.sendData(new Uint8Array(), "Stats", { timeout: "10 seconds" })
  }).pipe(Effect.provide(Client.layer({ seeds })))

const conclude = Effect.fnUntraced(function* (
  { report }: Options,
  seeds: ReadonlyArray<Address.Address>,
  outcome: LoadTest.Outcome,
  saved: Report.Saved,
  issues: ReadonlyArray<string> = []
) {
  const screen = yield* Screen
  if (report) yield* screen.say(`\n${Nodes.render(yield* Nodes.reports(seeds))}`)
  yield* screen.result(Report.toJson(outcome, saved))
  const { failed, tasks } = outcome.tally
  if (failed > 0) return yield* new TestFailed({ issue: `${failed} of ${tasks} tasks failed` })
  if (issues.length > 0) return yield* new TestFailed({ issue: issues.join("; ") })
})
