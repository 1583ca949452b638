import { assert, describe, it } from "@effect/vitest"
import { withVoters } from "../../src/membership/Configuration.ts"
import type { Message } from "../../src/Message.ts"
import { step, take } from "../../src/Raft.ts"
import { defaults } from "../../src/RaftConfig.ts"
import { founding } from "../../src/Restored.ts"
import { Node } from "./Node.ts"

const random = () => 0
const voters = ["a/1", "b/1", "c/1"]

const nodeOf = (id: string) =>
  new Node({ ...defaults, id, preVote: false, checkQuorum: false }, founding(withVoters(voters)))

/** What leaves the node at once. What promises something stays on its way to the disk. */
const taken = (node: Node): ReadonlyArray<Message> => {
  const output = take(node.raft)
  if (output.persist !== undefined) node.disk.write(output.persist)
  return output.messages
}

const receive = (node: Node, message: Message): ReadonlyArray<Message> => {
  step(node.raft, { _tag: "Received", message }, { random })
  return taken(node)
}

/** All that is on its way to the disk arrives, and the node is told. */
const synced = (node: Node): ReadonlyArray<Message> => {
  const sent: Array<Message> = []
  while (!node.disk.isIdle) {
    const { batch, afterPersist } = node.disk.sync()
    sent.push(...afterPersist)
    step(node.raft, { _tag: "Persisted", batch }, { random })
    sent.push(...taken(node))
  }
  return sent
}

const campaign = (node: Node): ReadonlyArray<Message> => {
  step(node.raft, { _tag: "CampaignRequested" }, { random })
  return taken(node)
}

const between = (
  from: Node,
  to: Node,
  messages: ReadonlyArray<Message>
): ReadonlyArray<Message> => {
  const arriving = messages.filter((message) => message.from === from.id && message.to === to.id)
  return arriving.flatMap((message) => receive(to, message))
}

describe("Two lives of one node", () => {
  it("[RA4] a vote for a log that a crash made shorter elects nobody", () => {
    const [a, b, c] = voters.map(nodeOf) as [Node, Node, Node]
    const request = [...campaign(a), ...synced(a)]
    between(a, b, request)
    const apps = between(b, a, synced(b))
    between(a, b, apps)
    between(a, c, apps)
    synced(a)
    between(b, a, synced(b))
    assert.strictEqual(a.view.log.commit, 2)

    // The committed entry is in the memory of c, and not on its disk.
    between(c, b, campaign(c))
    const vote = synced(b)
    c.restart(0)
    while (c.view.term < 3) {
      campaign(c)
      synced(c)
    }
    between(b, c, vote)
    assert.notStrictEqual(c.view.role, "leader")
  })
})
