/**
 * Makes a failing case small, so that a reader sees what the failure needs and nothing else: delta
 * debugging (Zeller and Hildebrandt 2002) in its greedy form. Parts are taken away in halves, quarters,
 * and so on down to one, and stay away where the case still breaks the same rule.
 *
 * A case shrinks along axes, in the order given: the fault list first, since most faults are noise, then
 * nodes, clients and operations. Rounds over all axes go on until a whole round took nothing away, for one
 * axis may make room in another. **Gotcha**: `breaks` must be a function of the case alone; a case whose
 * parts share one random stream becomes another run when one part is taken away.
 */

/** Returns a smaller case that still breaks, or the same object when there is none. */
export type Axis<Case> = (failing: Case, breaks: (candidate: Case) => boolean) => Case

/** What is left, and how many candidates were run for it. */
export interface Shrunk<Case> {
  readonly smallest: Case
  readonly runs: number
}

/** Takes items of a list away. */
export const items =
  <Case, Item>(
    get: (from: Case) => ReadonlyArray<Item>,
    set: (from: Case, items: ReadonlyArray<Item>) => Case
  ): Axis<Case> =>
  (failing, breaks) => {
    let smallest = failing
    for (let chunk = get(failing).length; chunk >= 1; chunk = Math.floor(chunk / 2)) {
      for (let from = 0; from < get(smallest).length;) {
        const without = set(smallest, get(smallest).toSpliced(from, chunk))
        if (breaks(without)) smallest = without
        else from += chunk
      }
    }
    return smallest
  }

/** Lowers a number towards `least`: at once, then by ever smaller steps. */
export const count =
  <Case>(
    get: (from: Case) => number,
    set: (from: Case, count: number) => Case,
    least: number
  ): Axis<Case> =>
  (failing, breaks) => {
    let smallest = failing
    for (let step = get(failing) - least; step >= 1;) {
      const lower = set(smallest, get(smallest) - step)
      if (breaks(lower)) {
        smallest = lower
        step = Math.min(step, get(smallest) - least)
      } else step = Math.floor(step / 2)
    }
    return smallest
  }

/**
 * Shrinks `failing` along all axes, until without any one part of what is left it would not break. After
 * `runsMax` runs it gives what it has.
 */
export const shrink = <Case>(
  failing: Case,
  axes: ReadonlyArray<Axis<Case>>,
  breaks: (candidate: Case) => boolean,
  runsMax: number
): Shrunk<Case> => {
  let runs = 0
  const counted = (candidate: Case): boolean => {
    if (runs >= runsMax) return false
    runs++
    return breaks(candidate)
  }
  let smallest = failing
  let before: Case
  do {
    before = smallest
    for (const axis of axes) smallest = axis(smallest, counted)
  } while (smallest !== before)
  return { smallest, runs }
}
