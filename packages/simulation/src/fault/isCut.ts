export type PartitionShape =
  /** `nodes` on one side, all others on the other. */
  | "split"
  /** What `nodes` send to others is lost; what others send to them arrives. */
  | "oneWay"
  /** Each of `nodes` talks only to the one before and the one after it in that list. */
  | "ring"

export interface Cut {
  readonly shape: PartitionShape
  readonly nodes: ReadonlyArray<string>
}

/** Whether a partition cuts the way from one machine to another. */
export const isCut = ({ nodes, shape }: Cut, from: string, to: string): boolean => {
  const fromPlace = nodes.indexOf(from)
  const toPlace = nodes.indexOf(to)
  switch (shape) {
    case "split":
      return fromPlace >= 0 !== toPlace >= 0
    case "oneWay":
      return fromPlace >= 0 && toPlace < 0
    case "ring": {
      if (fromPlace < 0 || toPlace < 0) return false
      const distance = Math.abs(fromPlace - toPlace)
      return distance > 1 && distance < nodes.length - 1
    }
  }
}
