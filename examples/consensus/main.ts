/** Three nodes of a Raft cluster in one process: they elect a leader, agree on words, and lose a node. */
import type { Message } from "@distri/raft"
import { Machine } from "./Machine.ts"

// Any numbers will do. These make every run the same.
let seed = 7
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647

const print = (line: string) => process.stdout.write(`${line}\n`)

const ids = ["ann/1", "ben/1", "cid/1"]
const network: Array<Message> = []
const machines = new Map(
  ids.map((id) => [id, new Machine(id, ids, (message) => network.push(message), random)])
)

/** A tick for everybody, and then all messages until nobody says anything more. */
const tick = () => {
  for (const machine of machines.values()) machine.handle({ _tag: "Ticked" })
  for (let message = network.shift(); message !== undefined; message = network.shift()) {
    machines.get(message.to)?.handle({ _tag: "Received", message })
  }
}

const leader = () => [...machines.values()].find(({ view }) => view.role === "leader")

const elect = () => {
  let ticks = 0
  while (leader() === undefined) {
    tick()
    ticks += 1
  }
  const { id, term } = leader()!.view
  print(`${id} leads term ${term} after ${ticks} ticks`)
}

const say = (word: string) => {
  const entries = [new TextEncoder().encode(word)]
  leader()!.handle({ _tag: "Proposed", token: 1, entries, timeMs: 0 })
  tick()
}

elect()
say("hello")
say("world")
const lost = leader()!.view.id
machines.delete(lost)
print(`${lost} is gone`)
elect()
say("again")
tick()
for (const { view, words } of machines.values()) {
  print(`${view.id} has applied ${view.log.applied} entries: ${words.join(" ")}`)
}
