/**
 * One log memory of one node, "node/incarnation". A node that lost its log comes back with another
 * incarnation, so an id never stands for two memories: that would be a voter that forgot its vote.
 *
 * Ids are ordered by code unit wherever an order reaches the outside.
 *
 * @category models
 * @since 0.1.0
 */
export type IncarnationId = string & { readonly "~kind"?: "IncarnationId" }

/** The order of ids: by code unit, the same in every process. */
export const compareIds = (left: IncarnationId, right: IncarnationId): number =>
  left < right ? -1 : left > right ? 1 : 0
