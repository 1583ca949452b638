/**
 * The load of `test-client-db`: each client adds a document, reads it, updates it, and reads it
 * again. Afterwards every node must hold the same documents, each of them updated.
 */
import { Address, type CallError, type Client } from "@distri/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Documents from "./Documents.ts"
import type { Load } from "./LoadTest.ts"
import * as Nodes from "./Nodes.ts"

/** A node does not have what the clients were told is saved. */
export class NotSaved extends Schema.TaggedError<NotSaved>()("NotSaved", {
  issue: Schema.String
}) {
  override get message() {
    return this.issue
  }
}

/** Each client changes the same document of its own, in four steps. */
export const make = (clients: number, collection: string): Load<Client> => ({
  title: "database",
  clients,
  tasksEach: 4,
  client: (tally, client) => {
    let id = ""
    const reads = Effect.fnUntraced(function* (updated: boolean) {
      const found = yield* Documents.find(collection, { _id: id })
      if (found.length !== 1 || found[0]?.["updated"] !== updated) {
        return yield* new NotSaved({
          issue: `a client did not find what it had ${updated ? "updated" : "added"}`
        })
      }
    })
    const steps: ReadonlyArray<Effect.Effect<unknown, CallError | NotSaved, Client>> = [
      Effect.tap(Documents.add(collection, { client, updated: false }), (added) =>
        Effect.sync(() => (id = added))
      ),
      reads(false),
      Effect.suspend(() => Documents.update(collection, { _id: id, client, updated: true })),
      reads(true)
    ]
    return Effect.gen(function* () {
      // Without its document a client cannot go on: the steps that are left count as failed.
      for (const step of steps) if (!(yield* tally.counted(tally.timed(step)))) return
    })
  }
})

/** What is on every node after the load, and what is not as it should be. */
export interface Saved {
  /** Documents that every node has, updated. */
  readonly saved: number
  readonly issues: ReadonlyArray<string>
}

/** Looks whether every node has the same `expected` documents, each of them updated. */
export const check = Effect.fnUntraced(function* (
  seeds: ReadonlyArray<Address.Address>,
  collection: string,
  expected: number
) {
  const issues: Array<string> = []
  const agreed = yield* agreement(seeds).pipe(
    // The last writes may still be on their way to some node.
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 50 }),
    Effect.result
  )
  if (Result.isFailure(agreed)) issues.push(agreed.failure.message)
  let saved = expected
  for (const node of (yield* Nodes.reports(seeds)).keys()) {
    const documents = yield* Documents.allOn(Address.Address.make(node), collection)
    const ids = new Set(documents.map((document) => document["_id"])).size
    const updated = documents.filter((document) => document["updated"] === true).length
    saved = Math.min(saved, updated, ids)
    if (documents.length !== expected || ids !== expected || updated !== expected) {
      issues.push(
        `${node} has ${documents.length} documents with ${ids} ids, ${updated} of them updated, and each should be ${expected}`
      )
    }
  }
  return { saved, issues } satisfies Saved as Saved
})

/** Fails unless all nodes have the same version of the database, with the same content. */
const agreement = Effect.fnUntraced(function* (seeds: ReadonlyArray<Address.Address>) {
  const all = [...(yield* Nodes.reports(seeds)).values()]
  const views = new Set(all.map(({ digest, version }) => `version ${version}, digest ${digest}`))
  if (views.size !== 1) {
    const issue = all.map(
      ({ digest, node, version }) => `${node} has version ${version} (${digest})`
    )
    return yield* new NotSaved({ issue: `the nodes do not agree: ${issue.join(", ")}` })
  }
})
