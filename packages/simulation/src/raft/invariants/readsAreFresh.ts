/**
 * RA13, Ongaro §6.4: a read sees every write that was acknowledged before it began. First at the node that
 * asked for an index, then at the client, who gets what the state machine held at some index.
 */
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Operation } from "../History.ts"
import type { Invariant } from "../Invariant.ts"

export const readsAreFresh: Invariant = {
  rule: "RA13",
  title: "ReadsAreFresh",
  on: ["ReadIndexed", "Called", "Answered"],
  make: () => {
    const begun = new Map<Operation["calledAt"], LogIndex>()
    return (world, event) => {
      switch (event._tag) {
        case "ReadIndexed":
          return event.index < event.acknowledged
            ? `${event.node.name} reads at ${event.index}; ${event.acknowledged} was acknowledged before`
            : undefined
        case "Called":
          if (event.operation.kind !== "read") return undefined
          begun.set(event.operation.calledAt, world.history.acknowledged)
          return undefined
        case "Answered": {
          const { calledAt, client, index } = event.operation
          const acknowledged = begun.get(calledAt)
          if (acknowledged === undefined || index === undefined) return undefined
          begun.delete(calledAt)
          return index < acknowledged
            ? `client ${client} read at ${index}; ${acknowledged} was acknowledged before it called`
            : undefined
        }
        default:
          return undefined
      }
    }
  }
}
