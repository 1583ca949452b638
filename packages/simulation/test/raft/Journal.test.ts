import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@distri/raft/Message"
import { stateMachineSafety } from "../../src/raft/invariants/stateMachineSafety.ts"
import { Journal } from "../../src/raft/Journal.ts"
import { entry, HandMade } from "./HandMade.ts"

const app: Message = {
  _tag: "App",
  from: "a",
  to: "b",
  term: 1,
  prevIndex: 1,
  prevTerm: 1,
  entries: [entry(2, 1)],
  commit: 1
}

const hash = (tell: (journal: Journal, cloud: HandMade) => void): string => {
  const journal = new Journal([], 10)
  tell(journal, new HandMade(stateMachineSafety))
  return journal.hash
}

const hashOf = (message: Message): string =>
  hash((journal, cloud) => journal.add(cloud, { _tag: "Sent", node: cloud.a, message }))

const ending = (state: ReadonlyArray<number>): string =>
  hash((journal, cloud) => {
    Object.assign(cloud.b, { encoded: () => Uint8Array.from(state) })
    journal.add(cloud, { _tag: "Ended" })
  })

describe("Journal", () => {
  it("[RA17] tells messages apart by kind, receiver, place and entries", () => {
    const messages: ReadonlyArray<Message> = [
      app,
      { ...app, to: "c" },
      { ...app, prevIndex: 0 },
      { ...app, entries: [] },
      { ...app, commit: 2 }
    ]
    assert.strictEqual(new Set(messages.map(hashOf)).size, messages.length)
    assert.strictEqual(hashOf({ ...app }), hashOf(app))
  })

  it("[RA17] tells runs apart that end with another state of a core", () => {
    assert.notStrictEqual(ending([1, 2]), ending([1, 3]))
    assert.strictEqual(ending([1, 2]), ending([1, 2]))
  })
})
