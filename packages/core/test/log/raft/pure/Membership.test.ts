import { assert, describe, it } from "@effect/vitest"
import { emptyConfiguration, withVoters } from "@distri/raft/membership/Configuration"
import type { ConfChangeStep } from "@distri/raft/membership/ConfChange"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import * as fc from "fast-check"
import {
  defaultLimits,
  isWanted,
  type Member,
  next,
  nodeOf,
  type Situation,
  votersWanted
} from "../../../../src/log/raft/pure/Membership.ts"

const minute = 60_000

it("an incarnation names its node, whatever the name of that looks like", () => {
  assert.strictEqual(nodeOf("127.0.0.1:7400/0123456789abcdef"), "127.0.0.1:7400")
  assert.strictEqual(nodeOf("unix:/run/a/b/1"), "unix:/run/a/b")
})

it.each([
  [1, 1],
  [2, 1],
  [3, 3],
  [4, 3],
  [6, 3],
  [7, 5],
  [100, 5]
])("[LM3] of %d nodes %d vote", (nodes, wanted) => {
  assert.strictEqual(votersWanted(nodes, 5), wanted)
})

it.each([
  [1, 1],
  [3, 3],
  [7, 5]
])("[LM3] with votersMax %d no more than that vote", (votersMax, wanted) => {
  assert.strictEqual(votersWanted(50, votersMax), wanted)
})

describe("nodes that join", () => {
  it("[LM3] a second node copies, and gets no place", () => {
    const here = situation({ voters: ["a/1"], candidates: { "b/1": 0 } })
    assert.isUndefined(next(here))
    assert.isFalse(isWanted(here, "b/1"))
  })

  it("[LM4] with a third node both become learners, one after the other", () => {
    const candidates = { "b/1": 0, "c/1": 0 }
    assert.deepStrictEqual(next(situation({ voters: ["a/1"], candidates })), learn("b/1"))
    const caughtUp = { voters: ["a/1"], learners: ["b/1"], candidates }
    assert.deepStrictEqual(next(situation(caughtUp)), vote("b/1"))
    const two = { voters: ["a/1", "b/1"], candidates }
    assert.deepStrictEqual(next(situation(two)), learn("c/1"))
  })

  it("[LM4] who is behind, or silent, waits as a learner", () => {
    const here = { voters: ["a/1"], learners: ["b/1"], candidates: { "c/1": 0 } }
    const behind = { ...here, lastIndex: 1002, match: { "b/1": 1 } }
    assert.deepStrictEqual(next(situation(behind)), learn("c/1"))
    assert.deepStrictEqual(next(situation({ ...behind, lastIndex: 1001 })), vote("b/1"))
    assert.deepStrictEqual(next(situation({ ...here, silent: { "b/1": 3000 } })), learn("c/1"))
  })

  it("[LM4] whoever was not heard of for a while is not asked to join", () => {
    const candidates = { "b/1": 3000, "c/1": 2999 }
    assert.deepStrictEqual(next(situation({ voters: ["a/1"], candidates })), learn("c/1"))
  })

  it("[LM4] no more join than may vote, and a place is kept for one that is silent", () => {
    const here = { voters: ["a/1"], learners: ["b/1", "c/1"], candidates: { "d/1": 0 } }
    assert.isUndefined(next(situation({ ...here, silent: { "b/1": 5000, "c/1": 5000 } })))
  })

  it("every leader would choose the same node", () => {
    for (const candidates of [
      { "d/1": 0, "b/1": 0, "c/1": 0 },
      { "c/1": 0, "b/1": 0, "d/1": 0 }
    ])
      assert.deepStrictEqual(next(situation({ voters: ["a/1"], candidates })), learn("b/1"))
  })

  it("a cloud that is as it should be changes nothing", () => {
    assert.isUndefined(next(situation({ voters: ["a/1", "b/1", "c/1"], candidates: { "d/1": 0 } })))
  })

  it("[LM5] nothing is proposed while several voters change at once", () => {
    const here = situation({ voters: ["a/1"], candidates: { "b/1": 0, "c/1": 0 } })
    const configuration = { ...here.configuration, votersOutgoing: ["x/1"] }
    assert.isUndefined(next({ ...here, configuration }))
  })
})

describe("nodes that come back with an empty memory", () => {
  const returned = { voters: ["a/1", "b/1", "c/1"], candidates: { "c/2": 0 } }

  it("[LM6] lose their old place first, and then join as any other", () => {
    const silent = { "c/1": 100 }
    assert.deepStrictEqual(next(situation({ ...returned, silent })), remove("c/1"))
    assert.isTrue(isWanted(situation({ ...returned, silent }), "c/2"))
    const two = { ...returned, voters: ["a/1", "b/1"] }
    assert.deepStrictEqual(next(situation(two)), learn("c/2"))
    const learner = { voters: ["a/1", "b/1"], learners: ["c/1"], candidates: { "c/2": 0 } }
    assert.deepStrictEqual(next(situation(learner)), remove("c/1"))
  })

  it("[LM5] wait while their place is needed for a majority", () => {
    const silent = { "b/1": 5000, "c/1": 100 }
    assert.isUndefined(next(situation({ ...returned, silent })))
    const two = { voters: ["a/1", "b/1"], candidates: { "b/2": 0, "c/1": 5000 } }
    assert.isUndefined(next(situation({ ...two, silent: { "b/1": 5000 } })))
  })

  it("[LM6] a node that is back and gone again loses nothing for it", () => {
    const gone = { ...returned, candidates: { "c/2": 3000 }, silent: { "c/1": 5000 } }
    assert.isUndefined(next(situation(gone)))
  })
})

describe("nodes that leave", () => {
  it("[LM8] are removed, and not asked to come back", () => {
    const here = { voters: ["a/1", "b/1", "c/1"], leaving: ["c/1"] }
    assert.deepStrictEqual(next(situation(here)), remove("c/1"))
    const candidates = { "b/1": 0, "c/1": 0 }
    const away = situation({ voters: ["a/1"], leaving: ["b/1"], candidates })
    assert.deepStrictEqual(next(away), learn("c/1"))
    const learner = { voters: ["a/1"], learners: ["b/1"], leaving: ["b/1"] }
    assert.deepStrictEqual(next(situation(learner)), remove("b/1"))
  })

  it("[LM5] stay as long as the others could not go on", () => {
    const here = { voters: ["a/1", "b/1", "c/1"], leaving: ["c/1"], silent: { "b/1": 5000 } }
    assert.isUndefined(next(situation(here)))
  })

  it("[LM8] a leader that leaves does not remove itself", () => {
    const here = { voters: ["a/1", "b/1", "c/1"], leaving: ["a/1"] }
    assert.isUndefined(next(situation(here)))
  })
})

it("[LM4] a learner that has never answered is no voter, however short the log is", () => {
  const here = { voters: ["a/1", "b/1"], learners: ["c/1"], candidates: { "c/1": 0 }, lastIndex: 5 }
  assert.isUndefined(next(situation({ ...here, match: { "c/1": 0 } })))
  assert.deepStrictEqual(next(situation({ ...here, match: { "c/1": 1 } })), vote("c/1"))
})

describe("voters that are silent", () => {
  const four = { voters: ["a/1", "b/1", "c/1"], candidates: { "d/1": 0 } }

  it("[LM7] lose their place after ten minutes to a node that is there", () => {
    const silent = (ms: number) => situation({ ...four, silent: { "c/1": ms } })
    assert.isUndefined(next(silent(10 * minute - 1)))
    assert.deepStrictEqual(next(silent(10 * minute)), remove("c/1"))
    assert.isTrue(isWanted(situation({ ...four, voters: ["a/1", "b/1"] }), "d/1"))
  })

  it("[LM7] keep it where nobody could take it, and for ever if that is wished", () => {
    const silent = { "c/1": 60 * minute }
    assert.isUndefined(next(situation({ ...four, candidates: {}, silent })))
    assert.isUndefined(next(situation({ ...four, candidates: { "d/1": 3000 }, silent })))
    const limits = { ...defaultLimits, silentVoterMs: Infinity }
    assert.isUndefined(next({ ...situation({ ...four, silent }), limits }))
  })

  it("[LM7] as learners they make room for others", () => {
    const here = { voters: ["a/1", "b/1"], learners: ["c/1"], silent: { "c/1": 10 * minute } }
    assert.deepStrictEqual(next(situation(here)), remove("c/1"))
  })
})

describe("voters that are too many", () => {
  it("[LM3] the one that is silent for longest goes first, of equals the last by name", () => {
    const voters = ["a/1", "b/1", "c/1", "d/1"]
    assert.deepStrictEqual(next(situation({ voters })), remove("d/1"))
    assert.deepStrictEqual(next(situation({ voters, silent: { "b/1": 100 } })), remove("b/1"))
    assert.deepStrictEqual(next(situation({ voters, self: "d/1" })), remove("c/1"))
  })

  it("[LM3] a cloud of two keeps the two voters it has, since each has everything", () => {
    assert.isUndefined(next(situation({ voters: ["a/1", "b/1"] })))
  })

  it("[LM3] nobody gives up its vote because another has just left", () => {
    const voters = ["a/1", "b/1", "c/1", "d/1"]
    const candidates = { "e/1": 0, "f/1": 0 }
    assert.deepStrictEqual(next(situation({ voters, candidates, leaving: ["g/1"] })), learn("e/1"))
  })
})

describe("whatever a leader finds", () => {
  it("[LM5] [LM8] [LM9] its changes keep a majority, bring back nobody who left, and end", () => {
    fc.assert(
      fc.property(anyCloud, (cloud) => {
        const changes = settle(cloud)
        assert.isBelow(changes.length, 40, JSON.stringify(changes))
      }),
      { numRuns: 3000 }
    )
  })

  it("[LM3] [LM9] as many vote in the end as should, if they are there", () => {
    fc.assert(
      fc.property(anyCloud, (cloud) => {
        settle(cloud)
        const { learners, present, voters } = cloud
        const candidates = seen(cloud).candidates.map(({ id }) => id)
        const all = [...voters, ...learners, ...candidates, ...cloud.leaving]
        const wanted = votersWanted(new Set(all.map(nodeOf)).size, cloud.votersMax)
        // The place of a learner that is silent is kept for it for a while.
        const kept = learners.filter((id) => !present.has(id)).length
        const able = new Set(
          [...voters, ...all.filter((id) => present.has(id) && !cloud.leaving.has(id))].map(nodeOf)
        )
        assert.isAtLeast(voters.length + kept, Math.min(wanted, able.size))
        // The leader stays, and so does whoever is needed for a majority.
        const isSure = answering(voters, present) * 2 > voters.length + 1
        if (isSure) assert.isAtMost(voters.length, Math.max(wanted, Math.min(3, cloud.votersMax)))
      }),
      { numRuns: 3000 }
    )
  })
})

const learn = (node: string): ConfChangeStep => ({ kind: "AddLearner", node })
const vote = (node: string): ConfChangeStep => ({ kind: "AddVoter", node })
const remove = (node: string): ConfChangeStep => ({ kind: "Remove", node })

interface Known {
  readonly voters: ReadonlyArray<string>
  readonly learners?: ReadonlyArray<string>
  /** Those that ask, and for how long they have been silent since. */
  readonly candidates?: Readonly<Record<string, number>>
  readonly leaving?: ReadonlyArray<string>
  readonly silent?: Readonly<Record<string, number>>
  readonly match?: Readonly<Record<string, number>>
  readonly lastIndex?: number
  readonly self?: string
}

/** Members that are not said to be otherwise answer and have everything. */
const situation = (known: Known): Situation => {
  const { lastIndex = 10, learners = [], match = {}, silent = {}, voters } = known
  const member = (id: string): [string, Member] => [
    id,
    { match: match[id] ?? lastIndex, silentMs: silent[id] ?? 0, missedMs: silent[id] ?? 0 }
  ]
  return {
    self: known.self ?? voters[0]!,
    configuration: { ...withVoters(voters), learners: learners.toSorted() },
    lastIndex,
    members: new Map([...voters, ...learners].map(member)),
    candidates: Object.entries(known.candidates ?? {}).map(([id, silentMs]) => ({ id, silentMs })),
    leaving: new Set(known.leaving),
    limits: defaultLimits
  }
}

/** Nodes as they are, and what a leader makes of them. */
interface Cloud {
  readonly self: IncarnationId
  voters: ReadonlyArray<IncarnationId>
  learners: ReadonlyArray<IncarnationId>
  /** The memories that answer. */
  readonly present: ReadonlySet<IncarnationId>
  /** All that answer or asked lately, whether members or not. */
  readonly here: ReadonlyArray<IncarnationId>
  readonly leaving: ReadonlySet<IncarnationId>
  /** For how long those that do not answer have been silent. */
  readonly silentMs: number
  readonly votersMax: number
}

/** Up to seven nodes: what each one was in the cloud, and what became of it. */
const anyCloud = fc
  .record({
    nodes: fc.array(
      fc.record({
        was: fc.constantFrom("voter", "learner", "stranger"),
        is: fc.constantFrom("there", "there", "back", "silent"),
        leaves: fc.nat(5).map((n) => n === 0)
      }),
      { maxLength: 6 }
    ),
    silentMs: fc.constantFrom(3000, 5 * minute, 10 * minute, 60 * minute),
    votersMax: fc.constantFrom(1, 3, 5, 7)
  })
  .map(({ nodes, silentMs, votersMax }): Cloud => {
    const all = nodes.map((node, at) => ({ ...node, id: `${"bcdefg"[at]}/1` }))
    const ids = (was: string) => all.filter((node) => node.was === was).map(({ id }) => id)
    const here = all.flatMap(({ id, is }) =>
      is === "there" ? [id] : is === "back" ? [`${nodeOf(id)}/2`] : []
    )
    return {
      self: "a/1",
      voters: ["a/1", ...ids("voter")],
      learners: ids("learner"),
      present: new Set(["a/1", ...here]),
      here: ["a/1", ...here],
      leaving: new Set(all.filter(({ leaves }) => leaves).map(({ id }) => id)),
      silentMs,
      votersMax
    }
  })
  // Nobody leads without a majority.
  .filter(({ present, voters }) => answering(voters, present) * 2 > voters.length)

const answering = (voters: ReadonlyArray<string>, present: ReadonlySet<string>) =>
  voters.filter((id) => present.has(id)).length

/** Carries out change after change, until there is none, and checks each. */
const settle = (cloud: Cloud): ReadonlyArray<ConfChangeStep> => {
  const changes: Array<ConfChangeStep> = []
  for (let step = next(seen(cloud)); step !== undefined; step = next(seen(cloud))) {
    changes.push(step)
    if (changes.length > 100) throw new Error(`no end: ${JSON.stringify(changes.slice(-10))}`)
    const { kind, node } = step
    const without = (ids: ReadonlyArray<string>) => ids.filter((id) => id !== node)
    const isMember = [...cloud.voters, ...cloud.learners].includes(node)
    if (kind === "Remove") {
      assert.isTrue(isMember, "who is removed is a member")
      assert.notStrictEqual(node, cloud.self)
      cloud.voters = without(cloud.voters)
      cloud.learners = without(cloud.learners)
      assert.isAbove(answering(cloud.voters, cloud.present) * 2, cloud.voters.length)
    } else if (kind === "AddLearner") {
      assert.isFalse(cloud.leaving.has(node), "who leaves is not asked to join")
      assert.isFalse(isMember, "who joins is no member yet")
      const nodes = [...cloud.voters, ...cloud.learners].map(nodeOf)
      assert.notInclude(nodes, nodeOf(node), "a node is a member once")
      cloud.learners = [...cloud.learners, node]
    } else {
      assert.include(cloud.learners, node, "who votes was a learner")
      assert.isTrue(cloud.present.has(node), "who votes answers")
      cloud.learners = without(cloud.learners)
      cloud.voters = [...cloud.voters, node]
    }
  }
  return changes
}

/** What a leader sees: members that answer have caught up, and who is no member asks. */
const seen = (cloud: Cloud): Situation => {
  const members = [...cloud.voters, ...cloud.learners]
  const silentMs = (id: string) => (cloud.present.has(id) ? 0 : cloud.silentMs)
  return {
    self: cloud.self,
    configuration: { ...emptyConfiguration, voters: cloud.voters, learners: cloud.learners },
    lastIndex: 10,
    members: new Map(
      members.map((id) => [id, { match: 10, silentMs: silentMs(id), missedMs: silentMs(id) }])
    ),
    candidates: cloud.here
      .filter((id) => !members.includes(id) && !cloud.leaving.has(id))
      .map((id) => ({ id, silentMs: 0 })),
    leaving: cloud.leaving,
    limits: { ...defaultLimits, votersMax: cloud.votersMax }
  }
}
