import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { RaftView } from "@distri/raft/RaftView"
import { Kindred } from "../../../../src/log/raft/internal/kindred.ts"
import { LogId } from "../../../../src/log/ReplicatedLog.ts"
import type { JoinAnswer } from "../../../../src/service/LogServices.ts"

/** What nodes answer: `a: "log"`. */
const answers = (of: Record<string, string | undefined>): ReadonlyArray<JoinAnswer> =>
  Object.entries(of).map(([node, log]) => ({
    id: `${node}/1`,
    durability: "memory",
    members: [],
    ...(log !== undefined && { log: LogId.make(log) })
  }))

const coreOf = (...voters: ReadonlyArray<string>) => ({
  log: "own",
  view: { configuration: withVoters(voters) } as RaftView
})

const haveLeft = (
  voters: ReadonlyArray<string>,
  heard: Parameters<typeof answers>[0],
  members: ReadonlyArray<string> = []
): boolean => {
  const kindred = new Kindred()
  kindred.know(members)
  kindred.know([])
  return kindred.haveLeft(coreOf(...voters), answers(heard))
}

const three = ["a/1", "b/1", "c/1"]

it.each([
  ["a stranger comes by", three, { x: "other" }, false],
  ["one of three has begun anew", three, { b: "other", x: "other" }, false],
  ["one has begun anew, and one has no log yet", three, { b: "other", c: undefined }, false],
  ["all who answer have this log", three, { b: "own", c: "own" }, false],
  ["two of three have another one", three, { b: "other", c: "other" }, true],
  ["they came back as new incarnations", ["a/7", "b/7", "c/7"], { b: "other", c: "other" }, true],
  ["the other one of two has another one", ["a/1", "b/1"], { b: "other" }, true],
  ["the only voter, of which this node is a copy, has another one", ["b/1"], { b: "other" }, true],
  ["nobody is known to vote", [], { b: "other" }, false]
] as const)("[LM23] a log is succeeded or not where %s", (_, voters, heard, expected) => {
  assert.strictEqual(haveLeft(voters, heard), expected)
})

it("[LM23] who only copies a log goes by the members that it last heard of", () => {
  assert.isFalse(haveLeft([], { x: "other", b: "other" }, ["b/1", "c/1", "d/1"]))
  assert.isTrue(haveLeft([], { c: "other", b: "other" }, ["b/1", "c/1", "d/1"]))
})
