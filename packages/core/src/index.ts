export * from "./client/CallError.ts"
export { type CallOptions, Client } from "./client/Client.ts"
export { CloudNode, type CloudNodeOptions } from "./cloud/CloudNode.ts"
export { Load } from "./cloud/Load.ts"
export { NodeTable, type NodeView } from "./cloud/NodeTable.ts"
export {
  type LoadReport,
  NoNodeAvailable,
  type Outcome,
  Placement,
  type Ticket
} from "./cloud/Placement.ts"
export * as Stats from "./cloud/Stats.ts"
export {
  CollectionInfo,
  Incarnation,
  LoadInfo,
  NodeId,
  NodeState,
  UpdateInfo
} from "./cloud/UpdateInfo.ts"
export * as Collection from "./database/Collection.ts"
export type { CollectionClient } from "./database/CollectionClient.ts"
export * from "./database/CollectionError.ts"
export { Database } from "./database/Database.ts"
export * from "./database/DatabaseError.ts"
export { Consistency, ResumeToken } from "./database/Documents.ts"
export type {
  ChangeEvent,
  Documents,
  Found,
  Page,
  PageOptions,
  ReadOptions,
  WatchSpec,
  WriteOptions
} from "./database/Documents.ts"
export { Ambiguous, LogIndex, LogTime, TooLarge, Unavailable } from "./log/ReplicatedLog.ts"
export { Halt } from "./Halt.ts"
export { InvariantViolation } from "./invariant.ts"
export * as Envelope from "./peer/Envelope.ts"
export { type AccessKind, type Concurrency, PeerIdentity, type Repeat } from "./service/Access.ts"
export * from "./service/DatabaseServices.ts"
export { PublicServices, StatsService } from "./service/PublicServices.ts"
export * from "./service/Refusal.ts"
export { CurrentRequest, handBack, timeLeft } from "./service/RequestContext.ts"
export { protocol, release } from "./service/Handshake.ts"
export type { Limits } from "./service/pure/AdmissionState.ts"
export * as Service from "./service/Service.ts"
export { InvalidPayload } from "./service/ServiceBytes.ts"
export * as Address from "./transport/Address.ts"
export * as MemoryTransport from "./transport/MemoryTransport.ts"
export {
  type Connection,
  ConnectionLost,
  DialFailed,
  FrameTooLarge,
  ListenFailed,
  type Listener,
  Transport
} from "./transport/Transport.ts"
export * as TransportLimits from "./transport/TransportLimits.ts"
export {
  ApplyFailed,
  BatchRefused,
  CollectionExists,
  CollectionFull,
  CollectionNotFound,
  CursorInvalid,
  DocumentNotFound,
  DocumentTooLarge,
  DuplicateKey,
  FilterError,
  IdempotencyKeyReused,
  IndexExists,
  IndexNotFound,
  InvalidCommand,
  InvalidDocument,
  InvalidQuery,
  LimitReached,
  RevisionMismatch,
  SessionExpired,
  SortTooLarge,
  Stale,
  TooManyMatches,
  TooManyUnacknowledged
} from "@distri/store/command/Refusal"
