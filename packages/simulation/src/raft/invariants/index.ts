/**
 * The rules that one event can break, RA1 to RA16. Where it breaks several, the first of them is reported.
 * RA17 is seen by running a run again, RA18 when it heals.
 */
import type { Invariant } from "../Invariant.ts"
import { atomicBatches } from "./atomicBatches.ts"
import { boundedQueues } from "./boundedQueues.ts"
import { commitByCounting } from "./commitByCounting.ts"
import { committedIsDurable } from "./committedIsDurable.ts"
import { electionSafety } from "./electionSafety.ts"
import { exactlyOnce } from "./exactlyOnce.ts"
import { leaderAppendOnly } from "./leaderAppendOnly.ts"
import { leaderCompleteness } from "./leaderCompleteness.ts"
import { logMatching } from "./logMatching.ts"
import { membershipSafety } from "./membershipSafety.ts"
import { monotonicIndices } from "./monotonicIndices.ts"
import { noCampaignUnapplied } from "./noCampaignUnapplied.ts"
import { oneVotePerTerm } from "./oneVotePerTerm.ts"
import { promisesAfterPersist } from "./promisesAfterPersist.ts"
import { readsAreFresh } from "./readsAreFresh.ts"
import { snapshotEqualsReplay } from "./snapshotEqualsReplay.ts"
import { stateMachineSafety } from "./stateMachineSafety.ts"

export const invariants: ReadonlyArray<Invariant> = [
  electionSafety,
  leaderAppendOnly,
  logMatching,
  leaderCompleteness,
  stateMachineSafety,
  commitByCounting,
  monotonicIndices,
  oneVotePerTerm,
  committedIsDurable,
  membershipSafety,
  promisesAfterPersist,
  exactlyOnce,
  readsAreFresh,
  snapshotEqualsReplay,
  boundedQueues,
  noCampaignUnapplied,
  atomicBatches
]
