/**
 * A naive database for tests to compare with: plain maps, JSON, no trees, no sharing. A refused
 * command throws, and what was there before is put back from a deep copy.
 */
import type { Command, Operation, Sender, SingleOperation } from "../../src/command/Command.ts"
import { matches } from "./filter.ts"
import { compare, plain, same, size, text, type Doc, type Json } from "./Json.ts"
import { refuse, Refusal } from "./refuse.ts"
import { updated } from "./update.ts"

interface Held {
  readonly doc: Doc
  readonly rev: number
}
interface Index {
  readonly name: string
  readonly keys: ReadonlyArray<string>
  readonly unique?: boolean
}
interface Coll {
  readonly uid: number
  readonly expires?: string
  readonly documentsMax?: number
  readonly bytesMax?: number
  indexes: ReadonlyArray<Index>
  readonly documents: Map<string, Held>
}
interface Session {
  readonly owner: string
  lowest: number
  seen: number
  readonly results: Map<number, unknown>
}

export class Model {
  index = 0
  time = 0
  collections = new Map<string, Coll>()
  sessions = new Map<string, Session>()
  keys = new Map<string, { fingerprint: number; time: number; result: unknown }>()
  changes: Array<Doc> = []

  run(time: number, command: Command | undefined): { result: unknown; changes: Array<Doc> } {
    this.index += 1
    this.time = time
    this.changes = []
    const result = command === undefined ? undefined : this.answer(command)
    return { result, changes: this.changes }
  }

  private answer({ operation, sender }: Command): unknown {
    const key = sender._tag === "Key" ? text([sender.owner, sender.key]) : ""
    const known = this.keys.get(key)
    if (sender._tag === "Key" && known !== undefined)
      return known.fingerprint === sender.fingerprint
        ? known.result
        : { _tag: "IdempotencyKeyReused", key: sender.key }
    if (sender._tag === "Session") {
      const session = this.sessions.get(sender.session)
      if (session === undefined) return { _tag: "SessionExpired", session: sender.session }
      if (sender.seq < session.lowest)
        return { _tag: "Stale", session: sender.session, seq: sender.seq }
      if (session.results.has(sender.seq)) return session.results.get(sender.seq)
      const open = [...session.results.keys()].filter((seq) => seq > sender.ack)
      if (open.length >= 1024)
        return { _tag: "TooManyUnacknowledged", session: sender.session, max: 1024 }
    }
    const result = this.attempt(() => this.operate(operation))
    this.remember(sender, key, result)
    return result
  }

  private remember(sender: Sender, key: string, result: unknown) {
    if (sender._tag === "Key")
      this.keys.set(key, { fingerprint: sender.fingerprint, time: this.time, result })
    const session = sender._tag === "Session" ? this.sessions.get(sender.session) : undefined
    if (sender._tag !== "Session" || session === undefined) return
    session.results.set(sender.seq, result)
    session.seen = this.time
    session.lowest = Math.max(session.lowest, sender.ack + 1)
    for (const seq of session.results.keys()) if (seq <= sender.ack) session.results.delete(seq)
  }

  private attempt(run: () => unknown): unknown {
    const before = structuredClone(this.collections)
    try {
      return run()
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      this.collections = before
      this.changes = []
      return thrown.refused
    }
  }

  private operate(op: Operation): unknown {
    switch (op._tag) {
      case "Batch": {
        const each = <A>(run: (op: SingleOperation) => A) =>
          op.operations.map((one, position) => {
            try {
              return run(one)
            } catch (thrown) {
              if (!(thrown instanceof Refusal)) throw thrown
              return refuse("BatchRefused", { position, reason: thrown.refused })
            }
          })
        const seen: Array<SingleOperation["_tag"]> = []
        each((one) => {
          if (seen.includes(one._tag) && /CreateIndex|DeleteDocuments/.test(one._tag))
            refuse("InvalidCommand")
          seen.push(one._tag)
          check(one)
        })
        const done = each((one) => this.single(one))
        const sum = (of: "matched" | "modified") => done.reduce((all, each) => all + each[of], 0)
        return this.written(sum("matched"), sum("modified"))
      }
      case "OpenSession": {
        const known = this.sessions.get(op.session)
        if (known !== undefined && known.owner !== op.owner) refuse("InvalidCommand")
        const session = { owner: op.owner, lowest: 1, seen: this.time, results: new Map() }
        if (known === undefined) this.sessions.set(op.session, session)
        return this.written(0, 0)
      }
      case "ExpireSessions": {
        let forgotten = 0
        for (const [id, { results, seen }] of [...this.sessions].toSorted(byFirst))
          if (seen <= op.sessionsBefore && forgotten < 10_000) {
            forgotten += 1 + results.size
            this.sessions.delete(id)
          }
        // They stand in the order in which they were remembered.
        const old = [...this.keys].filter(([, { time }]) => time <= op.keysBefore)
        for (const [key] of old.slice(0, 10_000)) this.keys.delete(key)
        return this.written(0, 0)
      }
      case "ExpireDocuments": {
        const names = [...this.collections.keys()].toSorted()
        const all = names.flatMap((name) => this.due(name).map((id) => [name, id] as const))
        for (const [name, id] of all.slice(0, 1000)) this.take(name, id, "expired")
        return this.written(Math.min(all.length, 1000), Math.min(all.length, 1000))
      }
      case "SetLanguage":
        return this.written(0, 0)
      default:
        check(op)
        return this.single(op)
    }
  }

  private single(op: SingleOperation) {
    const name = op.collection
    const known = this.collections.get(name)
    if (op._tag === "CreateCollection") {
      if (known !== undefined) refuse("CollectionExists", { collection: name })
      const { indexes = [], ...options } = op
      this.collections.set(name, { uid: this.index, ...options, indexes, documents: new Map() })
      return this.written(0, 0)
    }
    if (known === undefined) return refuse("CollectionNotFound", { collection: name })
    const present = (id: string) =>
      this.isDue(known, known.documents.get(id)) ? undefined : known.documents.get(id)
    switch (op._tag) {
      case "DeleteCollection": {
        const count = known.documents.size - this.due(name).length
        this.collections.delete(name)
        this.change({ collection: name, uid: known.uid, kind: "dropped" })
        return this.written(count, count)
      }
      case "CreateIndex": {
        const { index } = op
        const existing = known.indexes.find((each) => each.name === index.name)
        const defined = (each: typeof index) => JSON.stringify([each.keys, each.unique === true])
        if (existing !== undefined && defined(existing) === defined(index))
          return this.written(0, 0)
        if (existing !== undefined) refuse("IndexExists", { collection: name, index: index.name })
        if (known.indexes.some((each) => same(each.keys, index.keys))) refuse("InvalidCommand")
        for (const id of this.due(name)) this.take(name, id, "expired")
        known.indexes = [...known.indexes, index]
        for (const { doc } of known.documents.values()) oneArray(index, doc)
        const entries = [...known.documents.values()]
          .flatMap(({ doc }) =>
            keysOf(index, doc).map((key) => [key, doc["_id"] as string] as const)
          )
          .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
        entries.slice(1).forEach(([key], before) => {
          const [held, id] = entries[before]!
          if (index.unique === true && key.some((value) => value !== null) && same(key, held))
            refuse("DuplicateKey", { collection: name, index: index.name, id })
        })
        this.full(name)
        return this.written(0, 0)
      }
      case "DeleteIndex":
        if (!known.indexes.some((each) => each.name === op.index))
          refuse("IndexNotFound", { collection: name, index: op.index })
        known.indexes = known.indexes.filter((each) => each.name !== op.index)
        return this.written(0, 0)
      case "AddDocument": {
        const doc = { _id: op.newId ?? null, ...(plain(op.document) as Doc) }
        const id = doc["_id"] as string
        if (present(id) !== undefined)
          refuse("DuplicateKey", { collection: name, index: "_id", id })
        if ("$bad" in doc) refuse("InvalidDocument")
        this.put(name, doc)
        return this.written(0, 1, id)
      }
      case "UpdateDocument": {
        const { id, ifRev } = op
        const before = present(id)
        if (before === undefined && op.upsert !== true)
          refuse("DocumentNotFound", { collection: name, id })
        this.sameRev(name, id, ifRev, before?.rev ?? 0)
        const doc = updated(before?.doc ?? { _id: id }, op)
        if (before !== undefined && same(doc, before.doc)) return this.written(1, 0, id)
        this.put(name, doc)
        return this.written(before === undefined ? 0 : 1, 1, id)
      }
      case "DeleteDocument": {
        const { id, ifRev } = op
        const before = present(id) ?? refuse("DocumentNotFound", { collection: name, id })
        this.sameRev(name, id, ifRev, before.rev)
        this.take(name, id, "deleted")
        return this.written(1, 1, id)
      }
      case "DeleteDocuments": {
        if (text(op.filter).includes("$nope")) refuse("FilterError")
        const found = [...known.documents]
          .filter(([, held]) => !this.isDue(known, held) && matches(plain(op.filter), held.doc))
          .map(([id]) => id)
          .toSorted()
          .slice(0, op.limit ?? Infinity)
        for (const id of found) this.take(name, id, "deleted")
        return this.written(found.length, found.length)
      }
    }
  }

  private put(name: string, doc: Doc) {
    const coll = this.collections.get(name)!
    const id = doc["_id"] as string
    if (Array.isArray(doc[coll.expires ?? ""])) refuse("InvalidDocument")
    for (const index of coll.indexes) oneArray(index, doc)
    if (this.isDue(coll, coll.documents.get(id))) this.take(name, id, "expired")
    for (const index of coll.indexes.toSorted((a, b) => compare(a.name, b.name)))
      for (const key of keysOf(index, doc)) {
        if (index.unique !== true || key.every((value) => value === null)) continue
        const held = [...coll.documents].find(
          ([other, { doc }]) => other !== id && keysOf(index, doc).some((one) => same(one, key))
        )
        if (held === undefined) continue
        if (!this.isDue(coll, held[1]))
          refuse("DuplicateKey", { collection: name, index: index.name, id: held[0] })
        this.take(name, held[0], "expired")
      }
    const before = coll.documents.get(id)
    coll.documents.set(id, { doc, rev: this.index })
    if (this.isFull(name) !== undefined) {
      coll.documents.delete(id)
      if (before !== undefined) coll.documents.set(id, before)
      const due = this.due(name)
      for (const each of due) {
        coll.documents.set(id, { doc, rev: this.index })
        if (this.isFull(name) === undefined) break
        this.take(name, each, "expired")
      }
      coll.documents.set(id, { doc, rev: this.index })
      this.full(name)
    }
    const kind = before === undefined ? "added" : "updated"
    const after = { doc, rev: this.index }
    const both = before === undefined ? { after } : { before: { ...before }, after }
    this.change({ collection: name, uid: coll.uid, id, kind, ...both })
  }

  private take(name: string, id: string, kind: "expired" | "deleted") {
    const { documents, uid } = this.collections.get(name)!
    this.change({ collection: name, uid, id, kind, before: { ...documents.get(id)! } })
    documents.delete(id)
  }

  private change(change: Doc) {
    this.changes.push({ index: this.index, op: this.changes.length, ...change })
  }

  private sameRev(collection: string, id: string, expected: number | undefined, actual: number) {
    if (expected !== undefined && expected !== actual)
      refuse("RevisionMismatch", { collection, id, expected, actual })
  }

  private isDue({ expires }: Coll, held: Held | undefined): boolean {
    const date = held?.doc[expires ?? ""] as { $date?: number } | null | undefined
    return typeof date?.$date === "number" && date.$date <= this.time
  }

  /** Ids of what has expired, in the order of the dates. */
  private due(name: string): Array<string> {
    const coll = this.collections.get(name)!
    const date = ([, { doc }]: [string, Held]) => doc[coll.expires!] as Json
    return [...coll.documents]
      .filter(([, held]) => this.isDue(coll, held))
      .toSorted((a, b) => compare(date(a), date(b)) || compare(a[0], b[0]))
      .map(([id]) => id)
  }

  bytes(name: string): number {
    const coll = this.collections.get(name)!
    const all =
      coll.expires === undefined ? coll.indexes : [...coll.indexes, { keys: [coll.expires] }]
    return [...coll.documents.values()].reduce(
      (sum, { doc }) =>
        all
          .flatMap((index) => keysOf(index, doc))
          .reduce((sum, key) => sum + entrySize(key, doc["_id"] as string), sum + size(doc)),
      0
    )
  }

  private isFull(name: string) {
    const { bytesMax = Infinity, documents, documentsMax = Infinity } = this.collections.get(name)!
    if (documents.size > documentsMax) return { what: "documents", max: documentsMax }
    return this.bytes(name) > bytesMax ? { what: "bytes", max: bytesMax } : undefined
  }

  private full(name: string) {
    const why = this.isFull(name)
    if (why !== undefined) refuse("CollectionFull", { collection: name, ...why })
  }

  private written(matched: number, modified: number, id?: string) {
    const counts = { _tag: "Written" as const, version: this.index, matched, modified }
    return id === undefined ? counts : { ...counts, id }
  }

  contents(): Record<string, Record<string, Held>> {
    const sorted = [...this.collections].toSorted(([a], [b]) => compare(a, b))
    return Object.fromEntries(
      sorted.map(([name, { documents }]) => [name, Object.fromEntries(documents)])
    )
  }
}

/** What is seen to be wrong with an operation before the state is looked at. */
const check = (op: SingleOperation) => {
  if (!/^[A-Za-z][\w-]{0,63}$/.test(op.collection)) refuse("InvalidCommand")
  const paths =
    op._tag === "CreateCollection" ? (op.indexes ?? []).map(({ keys }) => text(keys)) : []
  if (new Set(paths).size < paths.length) refuse("InvalidCommand")
}

const valueAt = (doc: Doc, path: string): Json =>
  path.split(".").reduce<Json>((inside, name) => (inside as Doc | null)?.[name] ?? null, doc)

const oneArray = ({ keys }: Index, doc: Doc) => {
  if (keys.filter((path) => Array.isArray(valueAt(doc, path))).length > 1) refuse("InvalidDocument")
}

/** The keys of a document in an index, each once, in order; an array under one path multiplies them. */
const keysOf = ({ keys }: Pick<Index, "keys">, doc: Doc): Array<Array<Json>> =>
  keys
    .reduce<Array<Array<Json>>>(
      (found, path) => {
        const value = valueAt(doc, path)
        const each = Array.isArray(value) ? [...value, value] : [value]
        return found.flatMap((key) => each.map((one) => [...key, one]))
      },
      [[]]
    )
    .toSorted(compare)
    .filter((key, at, all) => at === 0 || !same(key, all[at - 1]))

/** A character takes a byte, or two where one of them is above U+00FF. */
const entrySize = (key: ReadonlyArray<Json>, id: string): number =>
  (keySize(key) + id.length) * (/[^\0-\xff]/.test(JSON.stringify([key, id])) ? 2 : 1)

/** Characters that the values of an index entry take: one for the type, and what each type needs. */
const keySize = (values: ReadonlyArray<Json>): number =>
  values.reduce<number>((sum, value) => sum + valueSize(value), 0)

const valueSize = (value: Json): number => {
  if (value === null || typeof value === "boolean") return 1
  if (typeof value === "number" || (typeof value === "object" && "$date" in value)) return 9
  if (typeof value === "string")
    return 2 + value.length + [...value].filter((unit) => unit < "\u0002").length
  if (Array.isArray(value)) return 2 + keySize(value)
  if ("$bytes" in value)
    return valueSize(Buffer.from(value["$bytes"] as string, "base64").toString("latin1"))
  return 2 + keySize(Object.entries(value).flat())
}

const byFirst = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : 1
