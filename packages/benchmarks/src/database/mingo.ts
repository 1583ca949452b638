import { Query } from "mingo"
import { withCalls } from "../closedLoop.ts"
import { people, scanFilter, size } from "./documents.ts"
import { taskOf, type Tasks } from "./task.ts"

const tasks: Tasks = {
  scan: () => {
    const documents = people(size)
    return withCalls(() => {
      const query = new Query(scanFilter)
      let matched = 0
      for (const document of documents) if (query.test(document)) matched += 1
      if (matched === 0) throw new Error("nothing was found")
    })
  }
}

export const connect = taskOf(import.meta.url, tasks)
