import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as Effect from "effect/Effect"
import type { Core } from "../../../../src/log/raft/internal/core.ts"
import * as Member from "../../../../src/log/raft/internal/member.ts"
import type { Steward } from "../../../../src/log/raft/internal/steward.ts"
import type { RaftPeers } from "../../../../src/log/RaftPeers.ts"
import { ClusterId, LogId, type ReplicatedLog } from "../../../../src/log/ReplicatedLog.ts"

it.effect("[LM23] a node that follows another log is no candidate", () =>
  Effect.gen(function* () {
    const { asked, member } = make()
    const question = { cluster: ClusterId.make("cloud"), durability: "memory" } as const
    yield* member.join({ ...question, id: "b/1" })
    yield* member.join({ ...question, id: "c/1", log: LogId.make("own") })
    yield* member.join({ ...question, id: "d/1", log: LogId.make("other") })
    assert.deepStrictEqual(asked, ["b/1", "c/1"])
  })
)

it.effect(
  "[LM22] who was taken out names the leader that it hears of, not the one it remembers",
  () =>
    Effect.gen(function* () {
      const { member } = make()
      const { leader } = yield* member.join({
        cluster: ClusterId.make("cloud"),
        durability: "memory",
        id: "b/1"
      })
      assert.strictEqual(leader, "n")
      assert.strictEqual((yield* member.status).leader, "n")
    })
)

/** A node that was a member once, and was led by `o`; the others say that `n` leads. */
const make = () => {
  const asked: Array<string> = []
  const core = {
    log: "own",
    isEmpty: false,
    follows: false,
    heardMs: new Map(),
    published: { last: 0, retainedBytes: 0 },
    view: { configuration: withVoters(["n/1", "o/1"]), leader: "o/1", log: { commit: 0 } }
  }
  const steward = {
    asked: (id: string) => void asked.push(id),
    leaving: () => {},
    wants: () => undefined
  }
  const member = Member.make({
    cluster: ClusterId.make("cloud"),
    id: "a/1",
    durability: "memory",
    core: () => core as unknown as Core,
    hearsay: () => ({ leader: "n", members: ["n/1"], wanted: undefined }),
    local: {} as ReplicatedLog["Service"],
    nowMs: () => 0,
    peers: { heard: () => {} } as unknown as RaftPeers["Service"],
    steward: steward as unknown as Steward,
    isAlone: () => false,
    leaves: () => {}
  })
  return { asked, member }
}
