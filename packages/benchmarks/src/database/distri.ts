import { apply } from "@distri/store/apply/apply"
import { language, type Operation } from "@distri/store/command/Command"
import * as Reader from "@distri/store/query/Reader"
import * as Tally from "@distri/store/query/Tally"
import * as Snapshot from "@distri/store/snapshot/Snapshot"
import { digest } from "@distri/store/state/Digest"
import * as State from "@distri/store/state/State"
import { LogTime, next } from "@distri/store/value/LogIndex"
import * as Collection from "@distri/core/database/Collection"
import { Database } from "@distri/core/database/Database"
import { Halt } from "@distri/core/Halt"
import { ClusterId } from "@distri/core/log/ReplicatedLog"
import * as SingleNodeLog from "@distri/core/log/SingleNodeLog"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { withCalls, withFibers } from "../closedLoop.ts"
import { idOf, people, person, pick, scanFilter, size } from "./documents.ts"
import { People } from "./People.ts"
import { taskOf, type Tasks } from "./task.ts"

export const run = (state: State.State, operation: Operation): State.State => {
  const command = { language, sender: { _tag: "System" } as const, operation }
  const applied = apply(state, { index: next(state.index), time: LogTime.make(0), command })
  if (applied.result?._tag !== "Written") throw new Error(JSON.stringify(applied.result))
  return applied.state
}

/** A collection `people` of `count` documents. */
export const filled = (count: number, indexes = ["age", "city"]): State.State => {
  let state = run(State.empty, {
    _tag: "CreateCollection",
    collection: "people",
    indexes: indexes.map((name) => ({ name, keys: [name] }))
  })
  for (const document of people(count))
    state = run(state, { _tag: "AddDocument", collection: "people", document })
  return state
}

export const find = (state: State.State, filter: object): number => {
  const reader = Reader.open(state, { collection: "people", filter: filter as never })
  if (reader._tag !== "Reader") throw new Error(reader._tag)
  const page = reader.next(Infinity)
  return page._tag === "Page" ? page.page.found.length : 0
}

const NodeDatabase = Database.layer().pipe(
  Layer.provide(SingleNodeLog.layer({ cluster: ClusterId.make("benchmark") })),
  Layer.provide([Halt.layer, SecureRandom.layerWebCrypto])
)

const tasks: Tasks = {
  scan: () => {
    const state = filled(size, [])
    return withCalls(() => {
      const reader = Tally.count(state, { collection: "people", filter: scanFilter })
      if (reader._tag !== "Reader") throw new Error(reader._tag)
      reader.next(Infinity)
    })
  },
  find: () => {
    const state = filled(size)
    return withCalls(() => find(state, { city: `city ${pick(size / 10)}` }))
  },
  get: async () => {
    const { documents } = await ManagedRuntime.make(NodeDatabase).runPromise(Database)
    const collection = Collection.over(documents, People)
    await Effect.runPromise(Effect.andThen(collection.create, collection.addAll(people(size))))
    const options = { consistency: "local" } as const
    return withFibers(Effect.suspend(() => collection.get(idOf(pick(size)), options)))
  },
  insert: () => {
    let state = filled(size)
    let at = size
    return withCalls(() => {
      const document = person(at++) as never
      state = run(state, { _tag: "AddDocument", collection: "people", document })
    })
  },
  snapshot: () => {
    const state = filled(size)
    const header = { cluster: "benchmark", term: 0, members: [] }
    return withCalls(() => {
      const decoder = Snapshot.makeDecoder()
      for (const chunk of Snapshot.encode(state, header)) decoder.push(chunk)
      const decoded = decoder.finish()
      if (decoded._tag !== "State" || digest(decoded.state) !== digest(state))
        throw new Error("the snapshot differs")
    })
  }
}

export const connect = taskOf(import.meta.url, tasks)
