import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "@distri/raft/Entry"
import { encodeCommand } from "../../src/raft/Command.ts"
import type { Operation } from "../../src/raft/History.ts"
import { emptyImage, Machine } from "../../src/raft/Machine.ts"

const write = (index: number, fields: Partial<Operation>): Entry => ({
  index,
  term: 1,
  kind: "command",
  time: 0,
  data: encodeCommand(
    {
      client: 0,
      session: 1,
      seq: 1,
      kind: "write",
      key: 2,
      value: 7,
      expected: 0,
      calledAt: 0,
      answeredAt: undefined,
      result: undefined,
      index: undefined,
      ...fields
    },
    40
  )
})

const digest = (...entries: ReadonlyArray<Entry>): number => {
  const machine = new Machine(emptyImage(0))
  for (const entry of entries) machine.apply(entry)
  return machine.digest
}

describe("Machine", () => {
  it("[RA12] makes one effect of a command that stands in the log twice", () => {
    const machine = new Machine(emptyImage(0))
    assert.deepStrictEqual(machine.apply(write(1, {})), { tookEffect: true, result: 1 })
    machine.apply(write(2, { session: 2, value: 8 }))
    assert.deepStrictEqual(machine.apply(write(3, {})), { tookEffect: false, result: 1 })
    assert.strictEqual(machine.read(2), 8)
    assert.deepStrictEqual(machine.session(1), { seq: 1, effects: 1, result: 1 })
  })

  it("does nothing for a command behind the last one of its session", () => {
    const machine = new Machine(emptyImage(0))
    machine.apply(write(1, { seq: 2 }))
    const late = machine.apply(write(2, { seq: 1, value: 9 }))
    assert.deepStrictEqual(late, { tookEffect: false, result: undefined })
    assert.strictEqual(machine.read(2), 7)
  })

  it("sets a register only where it holds what is expected", () => {
    const machine = new Machine(emptyImage(0))
    const compare = { kind: "compareAndSet", expected: 5 } as const
    assert.strictEqual(machine.apply(write(1, compare)).result, 0)
    assert.strictEqual(machine.read(2), 0)
    assert.strictEqual(machine.apply(write(2, { ...compare, seq: 2, expected: 0 })).result, 1)
    assert.strictEqual(machine.read(2), 7)
  })

  it("[RA14] goes on from a snapshot as the machine does that it was taken of", () => {
    const [first, second] = [new Machine(emptyImage(0)), new Machine(emptyImage(0))]
    first.apply(write(1, {}))
    second.install(first.image())
    for (const machine of [first, second]) {
      machine.apply(write(2, { seq: 2, value: 8 }))
      machine.apply(write(3, { seq: 1 }))
    }
    assert.strictEqual(second.digest, first.digest)
    assert.deepStrictEqual(second.image(), first.image())
    assert.strictEqual(second.digestAt(2), first.digestAt(2))
    assert.strictEqual(second.digestAt(0), undefined)
  })

  it("[RA14] has another digest after a snapshot that lost a register, or a result", () => {
    const machine = new Machine(emptyImage(0))
    machine.apply(write(1, {}))
    const emptied = new Machine({ ...machine.image(), registers: emptyImage(0).registers })
    assert.notStrictEqual(emptied.digest, machine.digest)
    const forgetful = new Machine({ ...machine.image(), sessions: new Map() })
    assert.strictEqual(forgetful.digest, machine.digest)
    for (const one of [machine, forgetful]) one.apply(write(2, {}))
    assert.notStrictEqual(forgetful.digest, machine.digest)
  })

  it("[RA5] has another digest after other entries, or the same in another order", () => {
    const [one, other] = [write(1, {}), write(1, { value: 8 })]
    assert.notStrictEqual(digest(one), digest(other))
    assert.notStrictEqual(digest(one, other), digest(other, one))
    assert.notStrictEqual(digest(one), digest({ ...one, term: 2 }))
    assert.notStrictEqual(digest(one), digest({ ...one, time: 1 }))
    assert.notStrictEqual(digest(one), digest({ ...one, kind: "noop" }))
  })
})
