import { receive } from "../receive.ts"
import type { State } from "../State.ts"

/** Batches up to `batch` are durable, so what this node promised itself with them is true now (RA11). */
export const onPersisted = (state: State, batch: number): void => {
  state.log.persisted(batch)
  while (state.underWay.length > 0 && state.underWay[0]!.batch <= batch) {
    const { answersToSelf } = state.underWay.shift()!
    for (const answer of answersToSelf) receive(state, answer)
  }
}
