/** How nodes come into a trace, and how they are set up. */
import { emptyConfiguration, sortedIds } from "../../../src/membership/Configuration.ts"
import { defaults, type RaftConfig } from "../../../src/RaftConfig.ts"
import { joining, type Restored } from "../../../src/Restored.ts"
import { bare, type Directive, isSet, valueOf, valuesOf, wholeNumber } from "../Directive.ts"
import type { Environment } from "./Environment.ts"
import { type NodeOptions, TracedNode } from "./TracedNode.ts"

/** `add-nodes 3 voters=(1,2,3) index=10 prevote=true`: they start from a snapshot at that index, in term 1. */
export const addNodes = (environment: Environment, directive: Directive): void => {
  const index = valueOf(directive, "index")
  const voters = sortedIds(valuesOf(directive, "voters"))
  const learners = sortedIds(valuesOf(directive, "learners"))
  const configuration = { ...emptyConfiguration, voters, learners }
  const commit = index === undefined ? 0 : wholeNumber(index)
  const restored: Restored = {
    ...joining,
    hardState: { ...joining.hardState, commit },
    snapshot: {
      ...joining.snapshot,
      configuration,
      index: commit,
      term: index === undefined ? 0 : 1
    }
  }
  for (let left = wholeNumber(bare(directive)[0]); left > 0; left--) {
    const config = configOf(directive, String(environment.nodes.length + 1))
    environment.nodes.push(new TracedNode(config, optionsOf(directive), restored))
  }
}

const limit = (directive: Directive, key: string): number => {
  const value = valueOf(directive, key)
  return value === undefined ? Infinity : wholeNumber(value)
}

/** The settings of the reference: all is off, and nothing is limited, unless the trace says so. */
const configOf = (directive: Directive, id: string): RaftConfig => ({
  ...defaults,
  id,
  heartbeatTicks: 1,
  electionTicks: 3,
  checkQuorum: isSet(directive, "checkquorum"),
  preVote: isSet(directive, "prevote"),
  stepDownOnRemoval: isSet(directive, "step-down-on-removal"),
  inflightMax: limit(directive, "inflight"),
  messageMaxBytes: limit(directive, "message-bytes"),
  inflightMaxBytes: limit(directive, "inflight-bytes"),
  uncommittedMaxBytes: limit(directive, "uncommitted-bytes"),
  commitBeforePersist: !isSet(directive, "async-storage-writes"),
  breaks: { changeWhilePending: isSet(directive, "disable-conf-change-validation") }
})

const optionsOf = (directive: Directive): NodeOptions => ({
  isAsync: isSet(directive, "async-storage-writes"),
  commitsMaxBytes: limit(directive, "max-committed-size-per-ready"),
  isLeaseBased: valueOf(directive, "read-only") === "lease-based"
})
