/**
 * The commands of a trace between nodes. Besides those of the reference there are some for what its traces
 * do not reach: `read-index`, `report-snapshot`, `restart`, and several entries in one `propose`.
 */
import type { ConfChange } from "../../../src/membership/ConfChange.ts"
import { isVoter } from "../../../src/membership/Configuration.ts"
import {
  BadTrace,
  bare,
  type Directive,
  isSet,
  valueOf,
  valuesOf,
  wholeNumber
} from "../Directive.ts"
import { parseSteps } from "../Membership.ts"
import { addNodes } from "./addNodes.ts"
import { describeProgress, describeRole } from "./describe.ts"
import { Environment } from "./Environment.ts"
import { mailOf } from "./Mail.ts"
import { propose, type Proposal } from "./propose.ts"
import type { TracedNode } from "./TracedNode.ts"

type Command = (environment: Environment, directive: Directive) => void

export const makeEnvironment = (): ((directive: Directive) => string) => {
  const environment = new Environment()
  return (directive) => {
    const command = commands[directive.command]
    if (command === undefined) throw new BadTrace(`unknown command ${directive.command}`)
    command(environment, directive)
    return environment.transcript.drain()
  }
}

const first = (environment: Environment, directive: Directive): TracedNode =>
  environment.node(bare(directive)[0])

const encoder = new TextEncoder()

const proposeCommand: Command = (environment, directive) => {
  const [id, ...texts] = bare(directive)
  report(environment, id, { kind: "command", data: texts.map((text) => encoder.encode(text)) })
}

const transitions: Record<string, ConfChange["transition"]> = {
  auto: "Auto",
  implicit: "JointImplicit",
  explicit: "JointExplicit"
}

const proposeChange: Command = (environment, directive) => {
  const transition = transitions[valueOf(directive, "transition") ?? "auto"]
  if (transition === undefined) throw new BadTrace("unknown transition")
  report(environment, bare(directive)[0], {
    kind: "confChange",
    change: { transition, changes: parseSteps(directive.input) },
    isFirstForm: isSet(directive, "v1")
  })
}

const report = (environment: Environment, id: string | undefined, proposal: Proposal): void => {
  const problem = propose(environment.node(id), proposal)
  if (problem !== undefined) environment.transcript.error(problem)
}

/** `deliver-msgs 1 drop=(2,3) type=MsgApp` */
const deliver: Command = (environment, directive) => {
  const type = valueOf(directive, "type")
  let count = 0
  for (const id of bare(directive)) count += environment.deliver(id, type, false)
  for (const id of valuesOf(directive, "drop")) count += environment.deliver(id, type, true)
  if (count === 0) environment.transcript.write("no messages")
}

/** For each node that is named; several get titles. */
const forEach =
  (title: string, run: (environment: Environment, node: TracedNode) => void): Command =>
  (environment, directive) => {
    const ids = bare(directive)
    for (const id of ids) {
      const node = environment.node(id)
      if (ids.length === 1) return run(environment, node)
      environment.transcript.write(`> ${id} ${title}`)
      environment.transcript.nested(() => run(environment, node))
    }
  }

const stabilize: Command = (environment, directive) => {
  const { transcript } = environment
  const ids = bare(directive)
  const wasQuiet = transcript.isQuiet
  const level = valueOf(directive, "log-level")
  if (level !== undefined) transcript.isQuiet = level === "none"
  try {
    environment.stabilize(
      ids.length === 0 ? environment.nodes : ids.map((id) => environment.node(id))
    )
  } finally {
    transcript.isQuiet = wasQuiet
  }
}

const ticks =
  (count: (node: TracedNode) => number): Command =>
  (environment, directive) => {
    const node = first(environment, directive)
    for (let left = count(node); left > 0; left--) node.step({ _tag: "Ticked" })
  }

const raftState: Command = ({ nodes, transcript }) => {
  for (const { id, view } of nodes) {
    const voter = isVoter(view.configuration, id) ? "Voter" : "Non-Voter"
    transcript.write(
      `${id}: ${describeRole(view.role)} (${voter}) Term:${view.term} Lead:${view.leader ?? 0}`
    )
  }
}

const status: Command = (environment, directive) => {
  const { progress, role } = first(environment, directive).view
  if (role === "leader") environment.transcript.write(describeProgress(progress))
}

const raftLog: Command = (environment, directive) =>
  environment.transcript.write(first(environment, directive).disk.describe())

const compact: Command = (environment, directive) => {
  first(environment, directive).compact(wholeNumber(bare(directive)[1]))
  raftLog(environment, directive)
}

const sendSnapshot: Command = (environment, directive) => {
  const { id, log, term } = first(environment, directive).view
  const to = environment.node(bare(directive)[1]).id
  const mail = mailOf({ _tag: "Snap", from: id, to, term, snapshot: log.snapshot })
  environment.mail.push(mail)
  environment.transcript.write(mail.text)
}

const reportSnapshot: Command = (environment, directive) => {
  const [, peer, outcome] = bare(directive)
  const node = first(environment, directive)
  const index = node.view.progress.find(({ id }) => id === peer)?.pendingSnapshot ?? 0
  const _tag = outcome === "failed" ? "SnapshotFailed" : "SnapshotSent"
  node.step({ _tag, peer: peer!, index })
}

const commands: Record<string, Command> = {
  "add-nodes": addNodes,
  campaign: (environment, directive) =>
    first(environment, directive).step({ _tag: "CampaignRequested" }),
  compact,
  "deliver-msgs": deliver,
  "forget-leader": (environment, directive) => {
    const node = first(environment, directive)
    if (!node.options.isLeaseBased) node.step({ _tag: "LeaderForgotten" })
  },
  "log-level": ({ transcript }, directive) => {
    transcript.isQuiet = bare(directive)[0] === "none"
  },
  "process-append-thread": forEach("processing append thread", (environment, node) =>
    environment.processAppend(node)
  ),
  "process-apply-thread": forEach("processing apply thread", (environment, node) =>
    environment.processApply(node)
  ),
  "process-ready": forEach("handling Ready", (environment, node) => environment.processReady(node)),
  propose: proposeCommand,
  "propose-conf-change": proposeChange,
  "raft-log": raftLog,
  "raft-state": raftState,
  "report-unreachable": (environment, directive) => {
    const [, peer] = bare(directive)
    first(environment, directive).step({ _tag: "PeerUnreachable", peer: peer! })
  },
  "read-index": (environment, directive) => {
    const token = wholeNumber(bare(directive)[1])
    first(environment, directive).step({ _tag: "ReadRequested", token })
  },
  "report-snapshot": reportSnapshot,
  restart: (environment, directive) => environment.restart(first(environment, directive)),
  "send-snapshot": sendSnapshot,
  "set-randomized-election-timeout": (environment, directive) =>
    first(environment, directive).setElectionTimeout(wholeNumber(valueOf(directive, "timeout"))),
  stabilize,
  status,
  "tick-election": ticks((node) => node.config.electionTicks),
  "tick-heartbeat": ticks((node) => node.config.heartbeatTicks),
  "transfer-leadership": (environment, directive) =>
    environment
      .node(valueOf(directive, "from"))
      .step({ _tag: "TransferRequested", to: valueOf(directive, "to")! })
}
