/** Nodes that come to the cloud, and leave it for good. */
import * as Effect from "effect/Effect"
import { type Fault, seconds } from "./Fault.ts"

/** A node gives up its vote, and a new one comes under its name. */
const replace: Fault = {
  kind: "leave and join",
  weight: 1,
  isAlone: true,
  draw: ({ cloud, spare }, random, free) => {
    const having = free.filter((name) => name !== spare)
    if (having.length === 0) return Effect.succeed(undefined)
    const node = random.pick(having)
    const away = seconds(random, 0, 5)
    return Effect.succeed({
      what: `${node} leaves for good, and comes back with nothing after ${away} s`,
      nodes: [node],
      run: cloud
        .end(node, "leave")
        .pipe(
          Effect.andThen(cloud.wipe(node)),
          Effect.andThen(Effect.sleep(away * 1000)),
          Effect.andThen(cloud.start(node)),
          Effect.andThen(cloud.ready(node))
        )
    })
  }
}

/** A node loses its disk, and comes back as another. */
const lose: Fault = {
  kind: "lose a disk",
  weight: 1,
  isAlone: true,
  draw: ({ cloud }, random, free) => {
    const node = random.pick(free)
    return Effect.succeed({
      what: `${node} is killed, and comes back with nothing`,
      nodes: [node],
      run: cloud
        .end(node, "SIGKILL")
        .pipe(
          Effect.andThen(cloud.wipe(node)),
          Effect.andThen(cloud.start(node)),
          Effect.andThen(cloud.ready(node))
        )
    })
  }
}

const visit: Fault = {
  kind: "spare node",
  weight: 1,
  isAlone: true,
  draw: ({ cloud, spare }, random) => {
    const stays = seconds(random, 2, 10)
    return Effect.succeed({
      what: `${spare} joins, and leaves for good after ${stays} s`,
      nodes: [spare],
      run: cloud
        .start(spare)
        .pipe(
          Effect.andThen(cloud.ready(spare)),
          Effect.andThen(Effect.sleep(stays * 1000)),
          Effect.andThen(cloud.end(spare, "leave")),
          Effect.andThen(cloud.wipe(spare))
        )
    })
  }
}

export const memberFaults = (hasDisk: boolean): ReadonlyArray<Fault> => [
  replace,
  visit,
  ...(hasDisk ? [lose] : [])
]
