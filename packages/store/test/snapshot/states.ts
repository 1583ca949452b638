import { apply, type Entry } from "../../src/apply/apply.ts"
import type { Operation, Sender } from "../../src/command/Command.ts"
import * as Checked from "../../src/command/Checked.ts"
import * as Snapshot from "../../src/snapshot/Snapshot.ts"
import * as State from "../../src/state/State.ts"
import { date } from "../../src/value/Compare.ts"
import { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import { commandOf, type Step } from "../model/commands.ts"
import { Model } from "../model/Model.ts"

export const header: Snapshot.Header = { cluster: "c1", term: 7, members: ["n1", "n2", "n3"] }

/** All of a snapshot, in one piece. */
export const bytesOf = (state: State.State, from = header): Uint8Array => {
  const chunks = [...Snapshot.encode(state, from)]
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** What a new decoder makes of these pieces. */
export const decode = (...pieces: ReadonlyArray<Uint8Array>) => {
  const decoder = Snapshot.makeDecoder()
  for (const piece of pieces) decoder.push(piece)
  return decoder.finish()
}

/** The state of a snapshot that is as it should be. */
export const restored = (...pieces: ReadonlyArray<Uint8Array>): State.State => {
  const loaded = decode(...pieces)
  if (loaded._tag === "SnapshotRefused") throw new Error(`${loaded.where}: ${loaded.issue}`)
  return loaded.state
}

/** The log that steps make, one after the other. */
export const entriesOf = (steps: ReadonlyArray<Step>): ReadonlyArray<Entry> => {
  const model = new Model()
  return steps.map((step) => {
    const command = commandOf(step, model)
    const time = LogTime.make(model.time + step.elapsedMs)
    const entry = { index: LogIndex.make(model.index + 1), time, command }
    model.run(time, command)
    return entry
  })
}

export const applyAll = (entries: ReadonlyArray<Entry>, from = State.empty): State.State =>
  entries.reduce((state, entry) => apply(state, entry).state, from)

/** Applies operations, 100 ms apart. */
export const after = (
  state: State.State,
  ...commands: ReadonlyArray<readonly [Operation, Sender?]>
): State.State =>
  commands.reduce((before, [operation, sender = { _tag: "System" }]) => {
    const index = LogIndex.make(before.index + 1)
    const time = LogTime.make(before.time + 100)
    return apply(before, { index, time, command: { language: 1, sender, operation } }).state
  }, state)

const inSession = (seq: number): Sender => ({ _tag: "Session", session: "s1", seq, ack: 0 })

const underKey = (key: string, operation: Operation): readonly [Operation, Sender] => [
  operation,
  { _tag: "Key", owner: "o2", key, fingerprint: Checked.fingerprint(operation) }
]

const add = (collection: string, document: State.Stored["document"]): Operation => ({
  _tag: "AddDocument",
  collection,
  document
})

/** One of everything that a state can hold. */
export const small: State.State = after(
  State.empty,
  [{ _tag: "OpenSession", session: "s1", owner: "o1" }],
  [{ _tag: "OpenSession", session: "s2", owner: "o1" }],
  [
    {
      _tag: "CreateCollection",
      collection: "users",
      indexes: [
        { name: "byTags", keys: ["tags"] },
        { name: "byName", keys: ["name", "address.city"], unique: true }
      ],
      expires: "until",
      documentsMax: 10,
      bytesMax: 10_000
    }
  ],
  [{ _tag: "CreateCollection", collection: "empty" }],
  [add("users", { _id: "u2", name: "Zoë 😀", tags: ["x", "y"], until: date(1e12) }), inSession(1)],
  [add("users", { _id: "u1", photo: new Uint8Array([0, 255, 1]), more: { b: 1.5, a: null } })],
  [add("users", { _id: "u1", name: "taken" }), inSession(2)],
  [{ _tag: "DeleteDocument", collection: "users", id: "u3" }, inSession(3)],
  [{ _tag: "UpdateDocument", collection: "users", id: "u1", unset: ["more.a"] }],
  underKey("k2", add("empty", { _id: "e1", tags: [] })),
  underKey("k1", { _tag: "DeleteDocument", collection: "empty", id: "e1" }),
  underKey("k3", { _tag: "DeleteCollection", collection: "nothing" }),
  [{ _tag: "SetLanguage", language: 1 }]
)
