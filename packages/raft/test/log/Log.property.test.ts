import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { entryBytes } from "../../src/Entry.ts"
import type { Breaks } from "../../src/internal/breaks.ts"
import type { Log } from "../../src/log/Log.ts"
import { LogModel } from "./LogModel.ts"
import { common } from "./Plain.ts"

const numRuns = Number(process.env["RUNS"] ?? 200)

type Command = keyof LogModel["commands"]

const weights: Record<Command, number> = {
  receive: 16,
  handOut: 8,
  elect: 4,
  propose: 4,
  commit: 4,
  confirm: 4,
  take: 4,
  apply: 4,
  compact: 2,
  restore: 2,
  crash: 1
}
const commands = Object.entries(weights) as ReadonlyArray<[Command, number]>

const schedules = fc.array(
  fc.tuple(
    fc.oneof(...commands.map(([command, weight]) => ({ weight, arbitrary: fc.constant(command) }))),
    fc.nat({ max: 99 }),
    fc.nat({ max: 99 }),
    fc.nat({ max: 99 })
  ),
  { minLength: 1, maxLength: 120, size: "max" }
)

type Schedule = typeof schedules extends fc.Arbitrary<infer S> ? S : never

const play = (schedule: Schedule, check: (model: LogModel) => void, breaks: Breaks = {}) => {
  const model = new LogModel(breaks)
  const commands: Record<Command, (a: number, b: number, c: number) => void> = model.commands
  for (const [command, a, b, c] of schedule) {
    commands[command](a, b, c)
    check(model)
  }
  return model
}

const marks = ({ firstIndex, commit, handedOut, applied }: Log) => [
  firstIndex,
  commit,
  handedOut,
  applied
]

describe("Log, beside plain lists and a disk that carries out each batch", () => {
  it("[RA3] its entries, bounds and answers are those of the list", () => {
    fc.assert(
      fc.property(schedules, fc.nat({ max: 40 }), fc.nat({ max: 9 }), (schedule, index, term) => {
        play(schedule, (model) => {
          sameBounds(model)
          sameAnswers(model, index % (model.plain.length + 3), term)
        })
      }),
      { numRuns }
    )
  }, 60_000)

  it("[RA7] its marks never go back, and stand in order", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        let life: Log | undefined
        let before: ReadonlyArray<number> = []
        play(schedule, ({ log }) => {
          const now = marks(log)
          if (log === life) assert.isTrue(now.every((mark, at) => mark >= before[at]!))
          life = log
          before = now
          assert.isTrue(log.applied <= log.handedOut && log.handedOut <= log.commit)
          assert.isTrue(log.commit <= log.lastIndex && log.firstIndex <= log.commit + 1)
          assert.isTrue(log.durable <= log.lastIndex && log.handedOut <= log.durable)
          assert.isTrue(log.firstIndex - 1 <= log.applied || log.hasPendingSnapshot)
        })
      }),
      { numRuns }
    )
  }, 60_000)

  it("[RA9] what counts as durable survives a crash at any moment from now on", () => {
    fc.assert(
      fc.property(schedules, (schedule) => void play(schedule, survives)),
      { numRuns }
    )
  }, 60_000)

  it("[RA9] all that was written counts as durable, less what was cut off since", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const model = play(schedule, isExact)
        model.commands.handOut()
        while (model.confirmed < model.batches) model.commands.confirm(0)
        assert.deepStrictEqual(model.images.at(-1)!.held, model.plain)
        assert.strictEqual(model.log.durable, model.plain.length)
      }),
      { numRuns }
    )
  }, 60_000)

  it("[RA9] taking a stale storage answer for durable is found by these schedules", () => {
    const breaks = { staleStorageAnswer: true }
    const found = fc.check(
      fc.property(schedules, (schedule) => void play(schedule, survives, breaks)),
      { numRuns: 5000, seed: 1 }
    )
    assert.isTrue(found.failed)
  }, 60_000)
})

/** The disk may show each image from the confirmed one on: a batch that is under way may be written or not. */
const survives = ({ log, images, confirmed, plain }: LogModel) => {
  for (const { held } of images.slice(confirmed)) {
    assert.isTrue(log.durable <= common(held, plain))
  }
}

/** The rule as it is told: what was written up to the confirmed batch, less every later truncation. */
const isExact = ({ log, images, confirmed, cuts }: LogModel) => {
  const later = cuts.filter(({ batches }) => batches >= confirmed).map(({ at }) => at - 1)
  assert.strictEqual(log.durable, Math.min(images[confirmed]!.held.length, ...later))
}

const sameBounds = (model: LogModel) => {
  const { log, plain, first } = model
  assert.strictEqual(log.firstIndex, first)
  assert.strictEqual(log.lastIndex, plain.length)
  assert.strictEqual(log.commit, model.commit)
  assert.strictEqual(log.handedOut, model.handedOut)
  assert.strictEqual(log.applied, model.applied)
  assert.strictEqual(log.hasPendingSnapshot, model.pending !== undefined)
  assert.deepStrictEqual(log.snapshot, model.snapshot)
  const last = plain.at(-1)
  assert.strictEqual(log.lastTerm, last?.term ?? 0)
  assert.strictEqual(log.lastTime, last?.time ?? 0)
  for (let index = 0; index <= plain.length + 1; index++) {
    const here = plain[index - 1]
    assert.strictEqual(log.entry(index)?.term, index >= first ? here?.term : undefined)
    assert.strictEqual(
      log.term(index),
      index >= first - 1 ? (here?.term ?? zero(index)) : undefined
    )
  }
}

const sameAnswers = (
  { log, plain, first, applied, commit }: LogModel,
  index: number,
  term: number
) => {
  const last = plain.at(-1)?.term ?? 0
  assert.strictEqual(
    log.isUpToDate(index, term),
    term > last || (term === last && index >= plain.length)
  )
  const known = (at: number) => (at < first - 1 ? undefined : (plain[at - 1]?.term ?? zero(at)))
  assert.strictEqual(log.matches(index, term), known(index) === term)
  let agree = index
  while ((known(agree) ?? 0) > term) agree--
  const conflict = { index: agree, term: known(agree) ?? 0 }
  assert.deepStrictEqual(log.findConflictByTerm(index, term), conflict)
  assert.strictEqual(
    log.hasUnappliedConfChange(),
    plain.slice(Math.max(applied, first - 1), commit).some(({ kind }) => kind === "confChange")
  )
  const from = Math.min(Math.max(index, first), plain.length + 1)
  const fits = plain.slice(from - 1)
  const bytes = () => fits.reduce((sum, entry) => sum + entryBytes(entry), 0)
  while (fits.length > 1 && bytes() > 20 * term) fits.pop()
  assert.deepStrictEqual(log.slice(from, 20 * term), fits)
}

const zero = (index: number) => (index === 0 ? 0 : undefined)
