import { assert, describe, it } from "@effect/vitest"
import { promisesAfterPersist } from "../../../src/raft/invariants/promisesAfterPersist.ts"
import { entries, HandMade } from "../HandMade.ts"

describe("promisesAfterPersist", () => {
  it("[RA11] says nothing about what is on the disk", () => {
    assert.isUndefined(send(ack, 2, undefined, 1, 2))
    assert.isUndefined(send(grant, 2, "b"))
    assert.isUndefined(send({ ...grant, granted: false }, 2, "c"))
    assert.isUndefined(send({ ...grant, _tag: "PreVoteResp" }, 1, undefined))
  })

  it("[RA11] says nothing where the disk is in a later term already", () => {
    assert.isUndefined(send(ack, 3, undefined, 1))
    assert.isUndefined(send(grant, 3, "c"))
  })

  it("[RA11] finds an acknowledgement of entries that are not on the disk", () => {
    assert.match(send(ack, 2, undefined, 1)!, /its disk ends at 1, before 2/)
    assert.isUndefined(send({ ...ack, hint: { index: 1, term: 1 } }, 2, undefined, 1))
  })

  it("[RA11] finds a vote that is not on the disk", () => {
    assert.match(send(grant, 2, undefined)!, /its disk has a vote for undefined/)
    assert.match(send(grant, 2, "c")!, /its disk has a vote for c/)
  })

  it("[RA11] finds answers of a term that the disk does not know", () => {
    assert.match(send(ack, 1, undefined, 1, 1)!, /its disk has term 1/)
    assert.match(send({ ...ack, hint: { index: 1, term: 1 } }, 1, undefined)!, /has term 1/)
    assert.match(send(grant, 1, "b")!, /its disk has term 1/)
    assert.match(send({ ...grant, granted: false }, 1, "b")!, /its disk has term 1/)
    assert.match(send({ ...grant, _tag: "PreVoteResp", granted: false }, 1, "b")!, /has term 1/)
  })

  it("[RA11] finds a request for a vote that claims a term or entries that are not on the disk", () => {
    assert.isUndefined(send(request, 2, "a", 1, 1))
    assert.match(send(request, 1, undefined, 1, 1)!, /its disk has term 1/)
    assert.match(send(request, 2, "a", 1)!, /its disk has no entry 2 of term 1/)
    assert.isUndefined(send({ ...request, _tag: "PreVote", term: 3 }, 1, undefined, 1))
  })

  it("[RA11] lets a candidate that lost meanwhile have other entries", () => {
    assert.isUndefined(send(request, 2, "a", 2))
    assert.isUndefined(send(request, 3, undefined, 1))
  })
})

const ack = { _tag: "AppResp", from: "a", to: "b", term: 2, index: 2, hint: undefined } as const

const grant = {
  _tag: "VoteResp",
  from: "a",
  to: "b",
  term: 2,
  granted: true,
  commit: 0,
  commitTerm: 0
} as const

const request = {
  _tag: "Vote",
  from: "a",
  to: "b",
  term: 2,
  lastIndex: 2,
  lastTerm: 1,
  commit: 0,
  commitTerm: 0,
  transfer: false
} as const

const send = (
  message: Parameters<HandMade["sent"]>[1],
  term: number,
  vote: string | undefined,
  ...terms: Array<number>
) => {
  const cloud = new HandMade(promisesAfterPersist)
  cloud.a.disk.hardState = { term, vote, commit: 0 }
  cloud.a.disk.list = entries(...terms)
  cloud.a.raft.role = terms.includes(2) ? "follower" : "candidate"
  cloud.a.raft.term = term
  return cloud.sent(cloud.a, message)
}
