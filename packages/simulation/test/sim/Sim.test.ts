import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Fault } from "../../src/sim/Fault.ts"
import * as Sim from "../../src/sim/Sim.ts"
import { type Input, node, options, type Output, type RegisterClient } from "./register.ts"

const faults: Sim.FaultPlan = {
  partitions: true,
  slowness: true,
  resets: true,
  pauses: true,
  clocks: true
}

const rules = ({ broken }: Sim.Report) => broken.map(({ rule }) => rule)

const digests = (digest: Sim.Options<unknown, unknown>["digest"] & {}) =>
  Sim.run({ ...options(), nodes: 3, clients: 0, check: [Sim.stateMachinesAgree], digest })

describe("Sim.run", () => {
  it.effect("breaks nothing where nothing is wrong, and records what happened", () =>
    Effect.gen(function* () {
      const report = yield* Sim.run(options())
      assert.deepStrictEqual(rules(report), [])
      assert.isAbove(report.history.length, 50)
      assert.isTrue(report.history.every(({ outcome }) => outcome !== undefined))
    })
  )

  it.effect(
    "[SIM1] gives the same run for the same seeds, and another for others",
    () =>
      Effect.gen(function* () {
        const hashes = new Set<string>()
        for (const seed of [1, 2, 3]) {
          const first = yield* Sim.run(options({ seed, faults }))
          const again = yield* Sim.run(options({ seed, faults }))
          assert.deepStrictEqual(again, first)
          hashes.add(first.hash)
          hashes.add((yield* Sim.run(options({ seed, faults, interleave: 100 }))).hash)
        }
        // Where nothing is ready at one instant, another order is the same one.
        assert.isAbove(hashes.size, 3)
      }),
    60_000
  )

  it.effect(
    "[SIM1] gives the same run in another process",
    () =>
      Effect.gen(function* () {
        const file = fileURLToPath(new URL("hash.ts", import.meta.url))
        const seeds = [4, 5]
        const printed = execFileSync(
          process.execPath,
          ["--no-warnings", file, ...seeds.map(String)],
          {
            encoding: "utf8"
          }
        )
        const here = yield* Effect.forEach(seeds, (seed) => Sim.run(options({ seed, faults })))
        assert.strictEqual(printed, here.map(({ hash }) => `${hash}\n`).join(""))
      }),
    60_000
  )

  it.effect("judges what the clients saw", () =>
    Effect.gen(function* () {
      const report = yield* Sim.run(options({ node: node(true) }))
      assert.deepStrictEqual(rules(report), ["Linearizable"])
      assert.match(report.broken[0]!.detail, /^not linearizable/)
    })
  )

  it.effect("takes an answer that was lost for an unknown outcome", () =>
    Effect.gen(function* () {
      const reports = yield* Effect.forEach([1, 2, 3, 4, 5, 6], (seed) =>
        Sim.run(options({ seed, faults: { resets: true, partitions: true } }))
      )
      assert.deepStrictEqual(reports.flatMap(rules), [])
      const lost = reports.flatMap(({ history }) => history).filter(({ outcome }) => !outcome)
      assert.isAbove(lost.length, 5)
    })
  )

  it.effect(
    "fails with the node that ends, the client that fails, and what is logged as an error",
    () =>
      Effect.gen(function* () {
        const ended = yield* Sim.run(
          options({ node: () => Layer.effectDiscard(Effect.fail(new Error("no port"))) })
        )
        assert.match(ended.broken[0]!.detail, /^n1 ended: Error: no port/)
        const failed = yield* Sim.run(
          options({ client: () => Effect.die(new Error("lost count")) })
        )
        assert.match(failed.broken[0]!.detail, /^c[123] failed: Error: lost count/)
        const logged = yield* Sim.run(
          options({ client: () => Effect.logError("it is", "broken"), check: [Sim.noErrors] })
        )
        assert.match(logged.broken[0]!.detail, /^c[123] logs Error: it is broken/)
      })
  )

  it.effect("asks the nodes for their state in the end", () =>
    Effect.gen(function* () {
      const hour = Effect.map(Clock.currentTimeMillis, (ms) => `${Math.floor(ms / 3_600_000)}`)
      assert.deepStrictEqual(rules(yield* digests(hour)), [])
      let asked = 0
      const differing = yield* digests(Effect.sync(() => `${asked++}`))
      assert.match(differing.broken[0]!.detail, /^the states differ: n1 has \d+, n2 has \d+, n3/)
    })
  )

  it.effect("takes no answer for an answer, however alike all nodes fail", () =>
    Effect.gen(function* () {
      const failing = yield* digests(Effect.fail("no database"))
      assert.match(failing.broken[0]!.detail, /n1 has none, since .*no database.*, n2 has none/)
      const silent = yield* digests(Effect.never)
      assert.match(silent.broken[0]!.detail, /n1 has none, since it does not answer/)
      const { broken } = yield* Sim.run({
        ...options({ nodes: 3, check: [Sim.stateMachinesAgree] }),
        node: ({ name }) => (name === "n2" ? Layer.effectDiscard(Effect.never) : Layer.empty),
        client: () => Effect.void,
        digest: Effect.succeed("the same")
      })
      assert.match(broken[0]!.detail, /n2 has none, since it is not built/)
    })
  )

  it.effect("looks at invariants all the time", () =>
    Effect.gen(function* () {
      const early = Sim.invariant("Early", ({ nowMs }) => (nowMs > 500 ? "too late" : undefined))
      const { broken } = yield* Sim.run(options({ check: [early] }))
      assert.deepStrictEqual(broken, [{ rule: "Early", detail: "too late", atMs: 600 }])
    })
  )

  it.effect("lets a last client judge", () =>
    Effect.gen(function* () {
      const { broken } = yield* Sim.run(
        options({
          verify: ({ history, name }) => Effect.die(`${name} finds ${history().length > 50}`)
        })
      )
      assert.strictEqual(broken[0]?.rule, "Verify")
      assert.match(broken[0]!.detail, /c4 finds true/)
    })
  )
})

const waiting = Effect.promise(() => Promise.resolve(1)).pipe(Effect.withSpan("Driver.query"))

const stuck = ({ call, untilEnd }: RegisterClient) =>
  untilEnd(call({ kind: "read" }, Effect.never.pipe(Effect.withSpan("Client.ask"))))

const diesInRoundSeven = ({ untilEnd }: RegisterClient) => {
  let rounds = 0
  return untilEnd(
    Effect.suspend(() => (++rounds === 7 ? Effect.die("the seventh") : Effect.sleep(100)))
  )
}

const search = (changes: Partial<Sim.SearchOptions<Input, Output>> = {}) => {
  const { seed: _, ...rest } = options({ faults, node: node(true) })
  return Sim.search({ ...rest, seeds: [1, 2], ...changes })
}

describe("what comes from outside", () => {
  it.effect("[SIM2] a call that waits for a promise fails the run, with its name", () =>
    Effect.gen(function* () {
      const report = yield* Sim.run(
        options({ client: ({ call }) => call({ kind: "read" }, waiting), clients: 1 })
      )
      assert.deepStrictEqual(rules(report), ["Stalled", "Stray"])
      assert.match(
        report.broken[0]!.detail,
        /^c1 waits since \d+ ms for the end of \{"kind":"read"\}, in "Driver.query"$/
      )
      assert.match(
        report.broken[1]!.detail,
        /something outside of the simulation woke "Driver.query"/
      )
    })
  )

  it.effect("[SIM2] so does a client that does it without a call", () =>
    Effect.gen(function* () {
      const report = yield* Sim.run(options({ client: () => waiting, clients: 1 }))
      assert.deepStrictEqual(rules(report), ["Stalled", "Stray"])
      assert.match(report.broken[0]!.detail, /^c1 waits for something outside .* "Driver.query"$/)
    })
  )

  it.effect("[SIM2] so does a call that nobody answers", () =>
    Effect.gen(function* () {
      const report = yield* Sim.run(options({ client: stuck, clients: 2 }))
      assert.match(report.broken[0]!.detail, /c1 waits since .* "Client.ask"; c2 waits since/)
    })
  )

  it.effect("a client that is made to go on for ever does not stall", () =>
    Effect.gen(function* () {
      const report = yield* Sim.run(
        options({ client: () => Effect.forever(Effect.sleep("1 second")) })
      )
      assert.deepStrictEqual(rules(report), [])
    })
  )

  it.effect("but then the last client cannot judge, and that is said", () =>
    Effect.gen(function* () {
      const endless = { client: () => Effect.forever(Effect.sleep("1 second")), clients: 1 }
      for (const client of [endless, { ...endless, client: stuck, check: [] }]) {
        const { broken } = yield* Sim.run(options({ ...client, verify: () => Effect.void }))
        assert.deepStrictEqual(
          broken.map(({ detail, rule }) => `${rule}: ${detail}`),
          ["Verify: it did not run, since some client has not ended"]
        )
      }
    })
  )

  it.effect("[SIM2] so does a node that is never built", () =>
    Effect.gen(function* () {
      const opened = Layer.effectDiscard(Effect.never.pipe(Effect.withSpan("Driver.open")))
      const report = yield* Sim.run(options({ node: () => opened, client: () => Effect.void }))
      assert.deepStrictEqual(rules(report), ["Stalled"])
      assert.strictEqual(report.broken[0]!.detail, 'n1 is still not built, in "Driver.open"')
    })
  )

  it.effect("a run that is too long is stopped", () =>
    Effect.gen(function* () {
      const { broken } = yield* Sim.run(options({ budget: { eventsMax: 500 } }))
      assert.strictEqual(broken[0]?.rule, "BudgetExceeded")
    })
  )

  it.effect("also by the time that it really takes, whatever clock the test has", () =>
    Effect.gen(function* () {
      const { broken } = yield* Sim.run(options({ duration: "1 hour", budget: { realMs: 20 } }))
      assert.match(broken[0]!.detail, /^the run takes more than 20 ms of real time/)
    })
  )

  it.effect("nodes without clients have their faults too", () =>
    Effect.gen(function* () {
      const fault: Fault = { kind: "pause", at: 500, forMs: 10, node: "n1" }
      const report = yield* Sim.run(options({ clients: 0, faults: [fault] }))
      assert.isTrue(report.lastEvents.some((line) => line.includes("fault pause at 500 ms")))
    })
  )

  it.effect(
    "[SIM1] a program that reads the clock of the machine is found by running it twice",
    () =>
      Effect.gen(function* () {
        let runs = 0
        const moody = () => Effect.suspend(() => Effect.sleep(100 + runs++))
        const { broken } = yield* Sim.runTwice(options({ client: moody, clients: 1 }))
        assert.strictEqual(broken[0]?.rule, "SIM1")
        assert.match(broken[0]!.detail, /^a second run has hash [0-9a-f]{16}, the first /)
      })
  )
})

describe("options that make no run", () => {
  const pause: Fault = { kind: "pause", at: 5, forMs: 10, node: "n1" }
  it.effect.each<readonly [Partial<ReturnType<typeof options>>, RegExp]>([
    [{ seed: 1.5 }, /seed has to be a whole number of 0 or more, and is 1.5/],
    [{ nodes: 0 }, /nodes has to be a whole number from 1 to 250, and is 0/],
    [{ clients: -1 }, /clients has to be/],
    [{ rounds: Number.NaN }, /rounds has to be/],
    [{ duration: -5 }, /duration|negative/],
    [{ duration: Infinity }, /duration has to be finite/],
    [{ faults: [{ ...pause, node: "n9" }] }, /fault 1 of 1 names n9, and there are n1, c1, c2, c3/],
    [{ faults: [pause, { ...pause, at: -1 }] }, /fault 2 of 2: .*greater than or equal to 0/],
    [{ faults: [{ kind: "flood" } as never] }, /fault 1 of 1: /],
    [
      { faults: [{ kind: "restart", at: 0, node: "c1", downMs: 1 }] },
      /fault 1 of 1: c1 is a client, and only nodes start again/
    ]
  ])("are refused before anything runs: %j", ([changes, problem]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Sim.run(options(changes)))
      assert.strictEqual(error._tag, "InvalidRun")
      assert.match(error.message, problem)
    })
  )
})

describe("Sim.search", () => {
  it.effect("finds nothing where nothing is", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* search({ node: node() }))
    })
  )

  it.effect(
    "makes a failure small: nothing of it is too much",
    () =>
      Effect.gen(function* () {
        const failure = (yield* search())!
        const smallest = failure.smallest!
        const { report, runs } = smallest
        assert.deepStrictEqual(rules(report), ["Linearizable"])
        assert.deepStrictEqual([report.nodes, report.clients, report.faults], [1, 1, []])
        assert.isBelow(report.history.length, 8)
        assert.isAtLeast(runs, 3)
        for (const fewer of [{ clients: 0 }, { rounds: smallest.options.rounds - 1 }]) {
          const less = yield* Sim.run({ ...smallest.options, ...fewer })
          assert.deepStrictEqual(rules(less), [])
        }
      }),
    60_000
  )

  it.effect(
    "[SIM9] says in one line how to repeat it, and that line does",
    () =>
      Effect.gen(function* () {
        const { report, text } = (yield* search())!
        const line = /^SEED=(\d+) INTERLEAVE=(\d+) npx vitest run\n/.exec(text)
        assert.isNotNull(line)
        const [, SEED, INTERLEAVE] = line!
        const environment = ConfigProvider.fromUnknown({ SEED, INTERLEAVE })
        const again = yield* search({ seeds: [77] }).pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, environment)
        )
        assert.deepStrictEqual(again!.report, report)
      }),
    60_000
  )

  it.effect("makes nothing small that came from outside", () =>
    Effect.gen(function* () {
      let runs = 0
      const moody = () => Effect.suspend(() => Effect.sleep(100 + runs++))
      const { smallest, text } = (yield* search({ client: moody, seeds: [1] }))!
      assert.isUndefined(smallest)
      assert.notInclude(text, "the smallest that breaks it")
      assert.strictEqual(runs, 6)
    })
  )

  it.effect("makes small what recorded no call", () =>
    Effect.gen(function* () {
      const { smallest } = (yield* search({ client: diesInRoundSeven, seeds: [1] }))!
      assert.strictEqual(smallest?.report.broken[0]?.rule, "ClientFailed")
      assert.strictEqual(smallest?.options.rounds, 7)
    })
  )

  it.effect("fails a test with the text", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Sim.passes({ ...options(), seeds: [1], node: node(true), shrinkRunsMax: 3 })
      )
      assert.strictEqual(error._tag, "SimulationFailed")
      assert.include(error.message, "not linearizable")
      assert.include(error.message, "the smallest that breaks it, of 3 that were tried")
    })
  )

  it.effect("refuses a seed from the environment that is none", () =>
    Effect.gen(function* () {
      const environment = ConfigProvider.fromUnknown({ SEED: "many" })
      const error = yield* Effect.flip(
        search().pipe(Effect.provideService(ConfigProvider.ConfigProvider, environment))
      )
      assert.match(error.message, /SEED/)
    })
  )

  it("takes pinned seeds first, and each once", () => {
    assert.deepStrictEqual(Sim.seeds({ pinned: [7, 2], fresh: 3 }), [7, 2, 1, 3])
    assert.deepStrictEqual(Sim.seeds({ fresh: 2, from: 40 }), [40, 41])
  })
})
