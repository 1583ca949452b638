/**
 * RA12, Ongaro §6.3: what a client was told to be done is in the log for good, and however often the command
 * stands there it took effect once, at the same index on every node.
 */
import type { LogIndex } from "@distri/raft/LogIndex"
import { type Command, decodeCommand } from "../Command.ts"
import type { Operation } from "../History.ts"
import type { Invariant, SimNode } from "../Invariant.ts"

interface Place {
  readonly command: Command
  readonly tookEffect: boolean
}

export const exactlyOnce: Invariant = {
  rule: "RA12",
  title: "ExactlyOnce",
  on: ["Applied", "Answered", "Ended"],
  make: () => {
    const places = new Map<LogIndex, Place>()
    const effects = new Map<string, LogIndex>()
    const acknowledged: Array<Operation> = []
    return (world, event) => {
      switch (event._tag) {
        case "Applied": {
          const { entry, node, tookEffect } = event
          if (entry.kind !== "command") return undefined
          const place = places.get(entry.index)
          if (place !== undefined) {
            return place.tookEffect === tookEffect
              ? undefined
              : `the command at ${entry.index} took effect on some nodes, and ${tookEffect ? "again" : "not"} on ${node.name}`
          }
          const command = decodeCommand(entry.data)
          places.set(entry.index, { command, tookEffect })
          return tookEffect ? repeated(effects, command, entry.index) : undefined
        }
        case "Answered":
          if (event.operation.kind === "read") return undefined
          acknowledged.push(event.operation)
          return unfounded(places, event.operation)
        case "Ended":
          for (const node of world.nodes) {
            const problem = node.raft === undefined ? undefined : missing(acknowledged, node)
            if (problem !== undefined) return problem
          }
          return undefined
        default:
          return undefined
      }
    }
  }
}

const repeated = (
  effects: Map<string, LogIndex>,
  { session, seq }: Command,
  index: LogIndex
): string | undefined => {
  const name = `${session}/${seq}`
  const before = effects.get(name)
  if (before === undefined) effects.set(name, index)
  return before === undefined
    ? undefined
    : `command ${seq} of session ${session} took effect at ${before} and at ${index}`
}

const unfounded = (
  places: ReadonlyMap<LogIndex, Place>,
  { session, seq, index }: Operation
): string | undefined => {
  const command = places.get(index ?? 0)?.command
  if (command?.session === session && command.seq === seq) return undefined
  return `command ${seq} of session ${session} was acknowledged at ${index}, where no node applied it`
}

const missing = (
  acknowledged: ReadonlyArray<Operation>,
  { name, machine }: SimNode
): string | undefined => {
  for (const { session, seq, index } of acknowledged) {
    if (index! > machine.applied) continue
    const state = machine.session(session)
    if (state === undefined || state.seq < seq) {
      return `${name} lacks the acknowledged command ${seq} of session ${session}`
    }
    if (state.effects > state.seq)
      return `${name} did more for session ${session} than it asked for`
  }
  return undefined
}
