/**
 * RA18: time with a connected majority and without faults makes one leader, whom all members follow, and
 * proposals commit. The run gives that time after its faults are over; what is left is to look at its end.
 *
 * Elections come from silence, so the clock of a node must not run faster than time: a process that was
 * paused and then catches up with the ticks it missed calls for an election though everybody is there.
 */
import type { Invariant, World } from "../Invariant.ts"

export const liveness: Invariant = {
  rule: "RA18",
  title: "Liveness",
  on: ["Stepped", "Healed", "Called", "Answered", "Ended"],
  make: () => {
    const ticked: Array<number> = []
    let isHealed = false
    let called = 0
    let answered = 0
    return (world, event) => {
      switch (event._tag) {
        case "Stepped": {
          if (event.event._tag !== "Ticked") return undefined
          const { name, number } = event.node
          const before = ticked[number]
          ticked[number] = world.nowMs
          return before === world.nowMs ? `${name} had two ticks at one instant` : undefined
        }
        case "Healed":
          isHealed = true
          return undefined
        case "Called":
          if (isHealed) called++
          return undefined
        case "Answered":
          if (isHealed) answered++
          return undefined
        case "Ended":
          if (!isHealed) return undefined
          return called > 0 && answered === 0
            ? `none of ${called} operations was answered after all faults were over`
            : disunited(world)
        default:
          return undefined
      }
    }
  }
}

const disunited = (world: World): string | undefined => {
  const leaders = world.nodes.filter(({ raft }) => raft?.role === "leader")
  const leader = leaders[0]
  if (leader === undefined || leaders.length > 1) {
    return `${leaders.length} leaders long after all faults were over`
  }
  const { voters, votersOutgoing } = leader.raft!.configuration
  for (const id of [...voters, ...votersOutgoing]) {
    const member = world.node(id)
    if (member?.raft !== undefined && member.raft.leader !== leader.id) {
      return `${member.name} follows ${member.raft.leader} and not ${leader.id}, long after all faults were over`
    }
  }
  return undefined
}
