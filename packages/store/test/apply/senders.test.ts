import { assert, it } from "@effect/vitest"
import { apply } from "../../src/apply/apply.ts"
import type { Operation, Sender } from "../../src/command/Command.ts"
import * as Reader from "../../src/query/Reader.ts"
import * as Snapshot from "../../src/snapshot/Snapshot.ts"
import * as State from "../../src/state/State.ts"
import { LogIndex, LogTime } from "../../src/value/LogIndex.ts"

const system: Sender = { _tag: "System" }

const node = () => {
  let state = State.empty
  return {
    state: () => state,
    run: (operation: Operation, sender: Sender = system) => {
      const applied = apply(state, {
        index: LogIndex.make(state.index + 1),
        time: LogTime.make(0),
        command: { language: 1, sender, operation }
      })
      state = applied.state
      return applied.result
    }
  }
}

const create = (collection: string): Operation => ({ _tag: "CreateCollection", collection })

it("[ST18] whatever a session acknowledges, a snapshot of it can be read back", () => {
  const { run, state } = node()
  run({ _tag: "OpenSession", session: "s", owner: "o" })
  for (const ack of [1, 2, Number.MAX_SAFE_INTEGER]) {
    const sender: Sender = { _tag: "Session", session: "s", seq: 1, ack }
    assert.deepInclude<any>(run(create("a"), sender), { _tag: "InvalidCommand", path: "ack" })
  }
  const longest: Sender = {
    _tag: "Session",
    session: "s",
    seq: Number.MAX_SAFE_INTEGER,
    ack: Number.MAX_SAFE_INTEGER - 1
  }
  assert.strictEqual(run(create("a"), longest)?._tag, "Written")
  const decoder = Snapshot.makeDecoder()
  for (const chunk of Snapshot.encode(state(), { cluster: "c", term: 0, members: [] }))
    assert.isUndefined(decoder.push(chunk))
  assert.strictEqual(decoder.finish()._tag, "State")
})

it("[ST2] a sender without a name is refused, and nothing is remembered for it", () => {
  const { run, state } = node()
  const keys: ReadonlyArray<Sender> = [
    { _tag: "Key", owner: "", key: "k", fingerprint: 1 },
    { _tag: "Key", owner: "o", key: "k".repeat(1000), fingerprint: 1 }
  ]
  for (const sender of keys) assert.strictEqual(run(create("a"), sender)?._tag, "InvalidCommand")
  assert.strictEqual(state().keys.size, 0)
  assert.strictEqual(state().collections.size, 0)
})

it("[ST22] collections of one batch have cursors of their own", () => {
  const { run, state } = node()
  run({ _tag: "Batch", operations: [create("a"), create("b")] as never })
  for (const collection of ["a", "b"])
    for (const _id of ["1", "2", "3"]) run({ _tag: "AddDocument", collection, document: { _id } })
  const page = read(state(), "a")
  assert.strictEqual(page._tag, "Page")
  const resume = page._tag === "Page" ? page.page.next : undefined
  assert.strictEqual(read(state(), "a", resume)._tag, "Page")
  assert.strictEqual(read(state(), "b", resume)._tag, "CursorInvalid")
})

it("an index is the same only path by path", () => {
  const { run } = node()
  run(create("a"))
  assert.strictEqual(run(index("a\nb"))?._tag, "Written")
  assert.strictEqual(run(index("a\nb"))?._tag, "Written")
  assert.strictEqual(run(index("a", "b"))?._tag, "IndexExists")
})

const index = (...keys: ReadonlyArray<string>): Operation => ({
  _tag: "CreateIndex",
  collection: "a",
  index: { name: "i", keys }
})

const read = (state: State.State, collection: string, resume?: Reader.ReadOptions["resume"]) => {
  const reader = Reader.open(state, { collection }, { limit: 2, resume })
  return reader._tag === "Reader" ? reader.next(100) : reader
}
