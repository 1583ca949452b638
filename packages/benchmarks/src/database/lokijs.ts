import Loki from "lokijs"
import { withCalls } from "../closedLoop.ts"
import { idOf, people, person, pick, scanFilter, size, type Person } from "./documents.ts"
import { taskOf, type Tasks } from "./task.ts"

const filled = () => {
  const database = new Loki("people.db")
  const collection = database.addCollection<Person>("people", {
    unique: ["_id"],
    indices: ["age", "city"]
  })
  collection.insert(people(size) as Array<Person>)
  return { database, collection }
}

const tasks: Tasks = {
  scan: () => {
    const collection = new Loki("people.db").addCollection<Person>("people")
    collection.insert(people(size) as Array<Person>)
    // Its words for the same question; `$containsAny` is `$in` on an array.
    const filter = {
      age: { $gte: 18, $lt: 65 },
      "address.zip": 7,
      tags: { $containsAny: scanFilter.tags.$in }
    }
    return withCalls(() => collection.find(filter as never))
  },
  find: () => {
    const { collection } = filled()
    return withCalls(() => collection.find({ city: `city ${pick(size / 10)}` }))
  },
  get: () => {
    const { collection } = filled()
    return withCalls(() => collection.by("_id", idOf(pick(size))))
  },
  insert: () => {
    const { collection } = filled()
    let at = size
    return withCalls(() => collection.insertOne(person(at++)))
  },
  snapshot: () => {
    const { database } = filled()
    return withCalls(() => new Loki("copy.db").loadJSON(database.serialize()))
  }
}

export const connect = taskOf(import.meta.url, tasks)
