import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ask, bytes, echo, makeTwo, outcome, text } from "./two.ts"

/** Of one way, while so many packets pass another one. */
const delays = (others: number) => {
  const { kernel, net } = makeTwo(3, { delayMaxMs: 100 })
  const way = net.link("a", "b")
  return Array.from({ length: 20 }, () => {
    for (let other = 0; other < others; other++) net.link("b", "c").delayMs(kernel.nowMs, 1)
    return way.delayMs(kernel.nowMs, 1)
  })
}

describe("SimNet", () => {
  it("takes its time: there and back to connect, to be answered, and to part", () => {
    const { dial, kernel, serve } = makeTwo()
    serve(echo)
    const { fiber } = dial(ask("hello"))
    kernel.runUntil(59)
    assert.strictEqual(outcome(fiber), "waits")
    kernel.runUntil(61)
    assert.strictEqual(outcome(fiber), "hello")
  })

  it("refuses where nobody listens, and says nothing where the machine is lost", () => {
    const { dial, hosts, kernel } = makeTwo()
    const refused = dial(ask("x"))
    kernel.runUntil(100)
    assert.strictEqual(
      outcome(refused.fiber),
      "cannot connect to 127.0.0.2:7400: nothing listens there"
    )
    hosts.right.isDark = true
    const lost = dial(ask("x"))
    kernel.runUntil(5_000)
    assert.strictEqual(outcome(lost.fiber), "waits")
    kernel.runUntil(6_000)
    assert.strictEqual(outcome(lost.fiber), "cannot connect to 127.0.0.2:7400: no answer within 5s")
  })

  it("tries to connect again until the way is open", () => {
    const { dial, kernel, serve, there } = makeTwo()
    serve(echo)
    there.cut(0)
    const { fiber } = dial(ask("late"))
    kernel.runUntil(2_900)
    there.mend(2_900)
    kernel.runUntil(3_100)
    assert.strictEqual(outcome(fiber), "late")
  })

  it("connects once, however often it had to ask", () => {
    const { dial, kernel, net, serve } = makeTwo()
    let accepted = 0
    serve((connection) => Effect.suspend(() => (accepted++, echo(connection))))
    const back = net.link("right", "left")
    back.cut(0)
    const { fiber } = dial(ask("once"))
    kernel.runUntil(2_000)
    back.mend(2_000)
    kernel.runUntil(4_000)
    assert.strictEqual(outcome(fiber), "once")
    assert.strictEqual(accepted, 1)
  })

  it("delivers in order what was sent into a cut, when it ends", () => {
    const { dial, kernel, serve, there } = makeTwo()
    const arrived: Array<string> = []
    serve((connection) =>
      Effect.forever(Effect.map(connection.receive, (frames) => arrived.push(...frames.map(text))))
    )
    dial((connection) =>
      Effect.gen(function* () {
        for (const word of ["a", "b", "c", "d"]) {
          yield* connection.send(bytes(word))
          yield* Effect.sleep(100)
        }
        yield* Effect.never
      })
    )
    kernel.runUntil(150)
    there.cut(150)
    kernel.runUntil(1_000)
    assert.deepStrictEqual(arrived, ["a", "b"])
    there.mend(1_000)
    kernel.runUntil(3_000)
    assert.deepStrictEqual(arrived, ["a", "b", "c", "d"])
  })

  it("lets one side give up that gets no answer, while the other waits for ever", () => {
    const { dial, kernel, serve, there } = makeTwo()
    const served: Array<string> = []
    serve((connection) =>
      Effect.tapError(Effect.forever(connection.receive), ({ message }) =>
        Effect.sync(() => served.push(message))
      )
    )
    const { fiber } = dial((connection) =>
      Effect.gen(function* () {
        yield* Effect.sleep(100)
        yield* connection.send(bytes("x"))
        yield* connection.receive
      })
    )
    kernel.runUntil(50)
    there.cut(50)
    kernel.runUntil(5_000)
    assert.strictEqual(outcome(fiber), "waits")
    kernel.runUntil(6_000)
    assert.strictEqual(outcome(fiber), "the connection to 127.0.0.2:7400 is over: it was cut")
    there.mend(6_000)
    kernel.runUntil(600_000)
    assert.deepStrictEqual(served, [])
  })

  it("resets who sends to a side that is gone", () => {
    const { dial, kernel, net, serve } = makeTwo()
    serve((connection) => Effect.forever(connection.receive))
    const { fiber } = dial((connection) =>
      Effect.andThen(
        Effect.sleep(1_000),
        Effect.andThen(connection.send(bytes("x")), connection.receive)
      )
    )
    kernel.runUntil(100)
    for (const connection of net.between("left", "right")) connection.lose(connection.right)
    kernel.runUntil(1_035)
    assert.strictEqual(outcome(fiber), "waits")
    kernel.runUntil(1_045)
    assert.match(outcome(fiber), /is over: it was cut/)
  })

  it("resets in the midst of what is under way: of it arrives a first part, of any length", () => {
    const lengths = new Set<number>()
    for (let seed = 1; seed <= 20; seed++) {
      const { dial, kernel, net, serve } = makeTwo(seed)
      const arrived: Array<string> = []
      serve((connection) =>
        Effect.forever(
          Effect.map(connection.receive, (frames) => arrived.push(...frames.map(text)))
        )
      )
      const words = Array.from({ length: 20 }, (_, at) => `word ${at}`)
      const { fiber } = dial((connection) =>
        Effect.andThen(
          Effect.forEach(words, (word) => connection.send(bytes(word))),
          connection.receive
        )
      )
      kernel.runUntil(25)
      for (const connection of net.between("left", "right")) connection.reset()
      kernel.runUntil(1_000)
      assert.deepStrictEqual(arrived, words.slice(0, arrived.length))
      assert.match(outcome(fiber), /is over/)
      lengths.add(arrived.length)
    }
    assert.isAbove(lengths.size, 5)
  })

  it("ends the connections of a process that is killed, after what it had written", () => {
    const { dial, hosts, kernel, net, serve } = makeTwo()
    const { process } = serve((connection) =>
      Effect.andThen(connection.send(bytes("last")), Effect.never)
    )
    const words: Array<string> = []
    const { fiber } = dial((connection) =>
      Effect.forever(Effect.map(connection.receive, (frames) => words.push(...frames.map(text))))
    )
    kernel.runUntil(20)
    process.end()
    net.end({ host: hosts.right, process })
    kernel.runUntil(100)
    assert.deepStrictEqual(words, ["last"])
    assert.match(outcome(fiber), /is over: the other side ended it/)
  })

  it("leaves the connections of a lost machine open, until it is back and says that it knows nothing", () => {
    const { dial, hosts, kernel, net, serve } = makeTwo()
    const { process } = serve(echo)
    const { fiber } = dial((connection) =>
      Effect.andThen(Effect.sleep(60_000), ask("x")(connection))
    )
    kernel.runUntil(100)
    hosts.right.isDark = true
    process.end()
    net.end({ host: hosts.right, process })
    kernel.runUntil(59_000)
    assert.strictEqual(outcome(fiber), "waits")
    hosts.right.isDark = false
    kernel.runUntil(61_000)
    assert.match(outcome(fiber), /is over: it was cut/)
  })

  it("lets nothing through while one direction is narrow, but slowly", () => {
    const { dial, kernel, serve, there } = makeTwo()
    serve(echo)
    there.limit(1, 0)
    const { fiber } = dial(ask("x".repeat(1_000)))
    kernel.runUntil(1_000)
    assert.strictEqual(outcome(fiber), "waits")
    kernel.runUntil(1_100)
    assert.strictEqual(outcome(fiber).length, 1_000)
  })

  it("[SIM5] loses nothing, and mixes nothing up, with all delays and splits", () => {
    const { dial, kernel, serve } = makeTwo(7, {
      delayMaxMs: 300,
      lossRatio: 0.2,
      resendMs: 1_000,
      splitRatio: 0.5
    })
    serve(echo)
    const words = Array.from({ length: 300 }, (_, at) => `${at}`.repeat(1 + (at % 40)))
    const { fiber } = dial((connection) =>
      Effect.gen(function* () {
        yield* Effect.forkChild(Effect.forEach(words, (word) => connection.send(bytes(word))))
        const back: Array<string> = []
        while (back.length < words.length) back.push(...(yield* connection.receive).map(text))
        return back.join(" ")
      })
    )
    kernel.runUntil(600_000)
    assert.strictEqual(outcome(fiber), words.join(" "))
  })

  it("[SIM6] draws the delays of one way without a look at the others", () => {
    assert.deepStrictEqual(delays(0), delays(3))
  })
})
