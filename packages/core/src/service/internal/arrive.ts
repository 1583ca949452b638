/**
 * Takes a request by its head: checks what only the router knows (name, caller, schema), then asks
 * the machine.
 */
import type { Identity } from "../Access.ts"
import type { Endpoint } from "../Endpoint.ts"
import * as Admission from "../pure/Admission.ts"
import {
  BodyTooLarge,
  Draining,
  NotAuthorized,
  NotReady,
  Overloaded,
  type Refusal,
  ServiceNotFound,
  VersionMismatch
} from "../Refusal.ts"
import type { RequestHead } from "../Wire.ts"
import { expired, type RequestTable, type Respond } from "./requestTable.ts"

export interface Caller {
  /** Names the connection; each has a limit of requests in flight. */
  readonly connection: number
  readonly identity: Identity
}

/** The id of a request that was taken, or why it was not. */
export type Arrive = (
  caller: Caller,
  head: RequestHead,
  respond: Respond
) => { readonly id: number } | { readonly refusal: Refusal }

/** The longest deadline of any call: 10 minutes. */
const remainingMaxMs = 600_000

/** A refusal names this many services, so that it stays small. */
const offeredMax = 50

export const make = (options: {
  readonly node: string
  readonly state: Admission.State
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly table: RequestTable
  readonly nowMs: () => number
  readonly pressure: () => { readonly heapRatio: number; readonly eventLoopP99Ms: number }
}): Arrive => {
  const { endpoints, node, nowMs, pressure, state, table } = options
  let lastId = 0
  const refuse = (refusal: Refusal) => {
    Admission.refused(state, refusal._tag)
    return { refusal }
  }
  return (caller, head, respond) => {
    const endpoint = endpoints.get(head.service)
    if (endpoint === undefined) {
      const names = offered(endpoints)
        .map(({ name }) => name)
        .slice(0, offeredMax)
      return refuse(new ServiceNotFound({ service: head.service, offered: names }))
    }
    if (endpoint.traits.access === "internal" && caller.identity._tag !== "Node") {
      const reason = "this service is for nodes of the cloud only"
      return refuse(new NotAuthorized({ service: head.service, reason }))
    }
    if (head.fingerprint !== undefined && head.fingerprint !== endpoint.fingerprint) {
      const what = `the schema of ${head.service}`
      const { fingerprint } = endpoint
      return refuse(new VersionMismatch({ what, ours: fingerprint, theirs: head.fingerprint }))
    }
    const id = ++lastId
    const arrivedMs = nowMs()
    const remainingMs = Math.min(head.remainingMs, remainingMaxMs)
    const verdict = Admission.arrive(state, {
      id,
      connection: caller.connection,
      service: head.service,
      bytes: head.size,
      trusted: caller.identity._tag === "Node",
      remainingMs,
      nowMs: arrivedMs,
      ...pressure()
    })
    if (verdict._tag !== "Accepted") return { refusal: toRefusal(verdict, head, node, state) }
    const deadlineMs = arrivedMs + remainingMs
    table.add(id, { endpoint, identity: caller.identity, head, respond, deadlineMs })
    return { id }
  }
}

export const offered = (endpoints: ReadonlyMap<string, Endpoint>) =>
  Array.from(endpoints.values()).filter(({ traits }) => traits.access !== "internal")

const toRefusal = (
  verdict: Exclude<Admission.Verdict, { readonly _tag: "Accepted" }>,
  head: RequestHead,
  node: string,
  state: Admission.State
): Refusal => {
  if (verdict._tag === "Overloaded") return new Overloaded(verdict)
  switch (verdict.why) {
    case "Draining":
      return new Draining({ node })
    case "NotReady":
      return new NotReady({ node, state: state.mode })
    case "BodyTooLarge":
      return new BodyTooLarge({ bytes: head.size, maxBytes: bodyMaxOf(state, head.service) })
    case "DeadlineExceeded":
      return expired(head, false)
  }
}

const bodyMaxOf = ({ lanes, limits }: Admission.State, service: string) =>
  Math.min(limits.bodyBytesMax, lanes.get(service)?.bodyBytesMax ?? Infinity)
