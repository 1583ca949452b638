/** Disks that are full, and clocks that are wrong. */
import * as Effect from "effect/Effect"
import { type Fault, seconds } from "./Fault.ts"

export const fullDisk: Fault = {
  kind: "full disk",
  weight: 2,
  isAlone: false,
  draw: ({ volumes }, random, free) => {
    const having = free.filter((name) => volumes.has(name))
    if (having.length === 0) return Effect.succeed(undefined)
    const node = random.pick(having)
    const length = seconds(random, 5, 15)
    return Effect.succeed({
      what: `no room on the disk of ${node} for ${length} s`,
      nodes: [node],
      run: Effect.andThen(volumes.get(node)!.full, Effect.sleep(length * 1000))
    })
  }
}

/** Less than what sessions live, all together. */
const offMaxSeconds = 20 * 60

/** It stays wrong until it is set again. */
export const clockStep: Fault = {
  kind: "clock step",
  weight: 2,
  isAlone: false,
  draw: ({ clocks }, random, free) => {
    const having = free.filter((name) => clocks.has(name))
    if (having.length === 0) return Effect.succeed(undefined)
    const node = random.pick(having)
    const off = Math.round(random.between(-1, 1) * random.pick([2, 60, offMaxSeconds]))
    return Effect.succeed({
      what: `the clock of ${node} is ${off} s off`,
      nodes: [],
      run: clocks.get(node)!.set(off)
    })
  }
}
