import type { Entry } from "@distri/raft/Entry"

/** Whether two entries are the same to the last byte. Nodes of a simulation mostly share the object. */
export const sameEntry = (left: Entry, right: Entry): boolean =>
  left === right ||
  (left.term === right.term &&
    left.index === right.index &&
    left.kind === right.kind &&
    left.time === right.time &&
    left.data.length === right.data.length &&
    left.data.every((byte, position) => byte === right.data[position]))
