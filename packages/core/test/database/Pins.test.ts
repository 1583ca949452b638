import { assert, it } from "@effect/vitest"
import { apply } from "@distri/store/apply/apply"
import type { Operation } from "@distri/store/command/Command"
import * as State from "@distri/store/state/State"
import { LogIndex, LogTime } from "@distri/store/value/LogIndex"
import * as Pins from "../../src/database/internal/pins.ts"

const heldMax = 1000

/** A database whose changes `pins` hears of. */
const make = () => {
  const pins = Pins.make(heldMax)
  let state = State.empty
  const run = (operation: Operation) => {
    const command = { language: 1, sender: { _tag: "System" }, operation } as const
    const index = LogIndex.make(state.index + 1)
    const applied = apply(state, { index, time: LogTime.make(0), command })
    state = applied.state
    pins.push(applied.changes)
  }
  return { pins, run, state: () => state }
}

const create = { _tag: "CreateCollection", collection: "a" } as const
const drop = { _tag: "DeleteCollection", collection: "a" } as const
const put = (length: number): Operation => ({
  _tag: "UpdateDocument",
  collection: "a",
  id: "1",
  replace: { _id: "1", text: "x".repeat(length) },
  upsert: true
})

it("[DB19] what was replaced since a state is bounded, and the oldest goes first", () => {
  const { pins, run, state } = make()
  run(create)
  run(put(600))
  pins.keep("first", state(), 0)
  run(put(601))
  pins.keep("second", state(), 0)
  assert.isDefined(pins.get("first", 0))
  // What is added replaces nothing.
  run({ _tag: "AddDocument", collection: "a", document: { _id: "2", text: "x".repeat(2000) } })
  assert.isDefined(pins.get("first", 0))
  run(put(602))
  assert.isUndefined(pins.get("first", 0))
  assert.isDefined(pins.get("second", 0))
  run(put(603))
  assert.isUndefined(pins.get("second", 0))
})

it("[DB19] a collection that is dropped counts with all that it held", () => {
  const { pins, run, state } = make()
  run(create)
  run(put(1001))
  pins.keep("filled", state(), 0)
  run(drop)
  assert.isUndefined(pins.get("filled", 0))
  run(create)
  pins.keep("empty", state(), 0)
  run(drop)
  assert.isDefined(pins.get("empty", 0))
})

it("[DB19] nothing is kept when the copy begins anew", () => {
  const { pins, state } = make()
  pins.keep("1", state(), 0)
  pins.clear()
  assert.isUndefined(pins.get("1", 0))
})
