/** Events, faults and failures as lines for a reader. */
import type { Event } from "@distri/raft/Event"
import type { Message } from "@distri/raft/Message"
import type { Batch } from "@distri/raft/Output"
import type { Fault } from "./Fault.ts"
import type { Operation } from "./History.ts"
import type { Noted } from "./Journal.ts"
import type { Report, RunOptions } from "./Report.ts"
import { schedules } from "./Schedule.ts"

const entriesText = (entries: Batch["entries"]): string => {
  const first = entries[0]
  const last = entries.at(-1)
  if (first === undefined || last === undefined) return "nothing"
  const changes = entries.filter(({ kind }) => kind === "confChange").map(({ index }) => index)
  const range = first === last ? `${first.index}` : `${first.index}-${last.index}`
  const terms = first.term === last.term ? `${first.term}` : `${first.term}-${last.term}`
  return `${range} of term ${terms}${changes.length > 0 ? ` (changes: ${changes.join(", ")})` : ""}`
}

const messageText = (message: Message): string => {
  const head = `${message._tag} ${message.from} -> ${message.to} term ${message.term}`
  switch (message._tag) {
    case "App": {
      const { prevIndex, prevTerm, entries, commit } = message
      return `${head}: after ${prevIndex}/${prevTerm} ${entriesText(entries)}, commit ${commit}`
    }
    case "AppResp": {
      const { index, hint } = message
      return hint === undefined
        ? `${head}: accepted ${index}`
        : `${head}: refused ${index}, hint ${hint.index}/${hint.term}`
    }
    case "Heartbeat":
      return `${head}: commit ${message.commit}, read ${message.read}`
    case "HeartbeatResp":
      return `${head}: read ${message.read}`
    case "Vote":
    case "PreVote":
      return `${head}: last ${message.lastIndex}/${message.lastTerm}${message.transfer ? ", transfer" : ""}`
    case "VoteResp":
    case "PreVoteResp":
      return `${head}: ${message.granted ? "granted" : "refused"}`
    case "Snap":
      return `${head}: ${message.snapshot.index}/${message.snapshot.term} ${message.snapshot.reference}`
    case "TransferLeader":
      return `${head}: to ${message.transferee}`
    case "ReadIndex":
      return `${head}: token ${message.token}`
    case "ReadIndexResp":
      return `${head}: token ${message.token} at ${message.index}`
    case "TimeoutNow":
      return head
  }
}

const eventText = (event: Event): string => {
  switch (event._tag) {
    case "Received":
      return `received ${messageText(event.message)}`
    case "Proposed":
      return `was asked to append ${event.entries.length} entries`
    case "ConfChangeProposed": {
      const { transition, changes } = event.change
      const steps = changes.map(({ kind, node }) => `${kind} ${node}`).join(", ")
      return `was asked for a change: ${transition} ${steps === "" ? "leave joint" : steps}`
    }
    case "Persisted":
      return `knows batch ${event.batch} to be durable`
    case "Applied":
      return `applied up to ${event.index}`
    case "SnapshotTaken":
      return `took snapshot ${event.snapshot.index}, keeps from ${event.keepFrom}`
    case "SnapshotSent":
    case "SnapshotFailed":
      return `${event._tag} ${event.index} to ${event.peer}`
    case "PeerUnreachable":
      return `cannot reach ${event.peer}`
    case "TransferRequested":
      return `shall hand leadership to ${event.to}`
    default:
      return event._tag
  }
}

const operationText = (operation: Operation): string => {
  const { client, session, seq, kind, key, value, expected, result, index } = operation
  const what =
    kind === "read"
      ? `reads ${key}`
      : kind === "write"
        ? `writes ${value} to ${key}`
        : `sets ${key} from ${expected} to ${value}`
  const name = seq > 0 ? ` (${session}, ${seq})` : ""
  return `client ${client}${name} ${what}${result === undefined ? "" : ` = ${result} at ${index}`}`
}

const describeFault = ({ at, kind, ...rest }: Fault): string =>
  `${String(at).padStart(7)} ms  ${kind} ${JSON.stringify(rest)}`

/** One line: when, who, what. */
export const describeEvent = ({ atMs, event }: Noted): string => {
  const time = atMs.toFixed(3).padStart(11)
  const line = (who: string, what: string) => `${time}  ${who.padEnd(3)} ${what}`
  switch (event._tag) {
    case "Stepped": {
      return line(event.node.name, eventText(event.event))
    }
    case "Took": {
      const { persist, commits, messages, status } = event.output
      const batch =
        persist === undefined
          ? ""
          : `batch ${persist.batch}: ${persist.snapshot === undefined ? "" : `snapshot ${persist.snapshot.index}, `}` +
            `${persist.truncateFrom === undefined ? "" : `cut from ${persist.truncateFrom}, `}${entriesText(persist.entries)}, ` +
            `term ${persist.hardState.term} vote ${persist.hardState.vote ?? "-"} commit ${persist.hardState.commit}`
      const applies = commits.length > 0 ? ` commits ${entriesText(commits)}` : ""
      const role =
        status === undefined
          ? ""
          : ` now ${status.role} of ${status.leader ?? "nobody"} in ${status.term}`
      return line(event.node.name, `output: ${messages.length} messages ${batch}${applies}${role}`)
    }
    case "Sent":
      return line(event.node.name, `sends ${messageText(event.message)}`)
    case "Synced":
      return line(
        event.node.name,
        `synced batch ${event.batch.batch}: ${entriesText(event.batch.entries)}`
      )
    case "Applied": {
      const { entry, node, tookEffect } = event
      return line(
        node.name,
        `machine took ${entry.kind} ${entry.index}/${entry.term}${tookEffect ? "" : " without effect"}`
      )
    }
    case "SnapshotStored":
    case "SnapshotInstalled":
      return line(event.node.name, `${event._tag} ${event.snapshot.index}`)
    case "Crashed":
    case "Started":
      return line(event.node.name, event._tag.toLowerCase())
    case "DiskLost":
      return line(event.node.name, `lost the disk of ${event.id}`)
    case "ReadIndexed":
      return line(
        event.node.name,
        `may read at ${event.index}, acknowledged was ${event.acknowledged}`
      )
    case "Called":
    case "Answered":
      return line("", `${operationText(event.operation)} ${event._tag.toLowerCase()}`)
    case "FaultBegan":
      return line("", `fault ${event.fault.kind} ${JSON.stringify(event.fault)}`)
    default:
      return line("", event._tag)
  }
}

/**
 * The line that repeats a run. Faults that are not those of the seed are read from `faultsFile`; a `config`
 * that is not the schedule's cannot be told on a line.
 */
export const replayLine = (options: RunOptions, faultsFile = "FILE"): string => {
  const { seed, nodes, durationMs, clients, faults, breaks = {}, schedule = "swarm" } = options
  const drawn = schedules[schedule](seed)
  const isDrawn = faults === undefined || JSON.stringify(faults) === JSON.stringify(drawn.faults)
  const words = [
    ...(schedule === "swarm" ? [] : ["--schedule", schedule]),
    `--seed ${seed} --nodes ${nodes}`,
    ...(durationMs === undefined || durationMs === drawn.durationMs
      ? []
      : ["--seconds", durationMs / 1_000]),
    ...(clients === undefined ? [] : ["--clients", clients]),
    ...(isDrawn ? [] : ["--faults", faultsFile]),
    ...Object.keys(breaks).flatMap((name) => ["--break", name])
  ]
  return `npx -y pnpm@12 simulate raft ${words.join(" ")}`
}

/** What a reader needs to know of a run that broke a rule: how to repeat it first. */
export const describeFailure = (
  options: RunOptions,
  report: Report,
  faultsFile?: string
): string => {
  const { broken, lastEvents, faults } = report
  if (broken === undefined) return `seed ${report.seed} breaks no rule`
  return [
    replayLine(options, faultsFile),
    `${broken.rule} after ${broken.atMs} ms: ${broken.detail}`,
    `the last ${lastEvents.length} events:`,
    ...lastEvents,
    `${faults.length} faults:`,
    ...faults.map(describeFault)
  ].join("\n")
}
