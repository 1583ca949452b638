/** Finds documents for a command: in the order of their ids, whatever indexes there are. */
import * as Limits from "../command/Limits.ts"
import { compile } from "../filter/compile.ts"
import type { Node } from "../filter/Filter.ts"
import type { Collection, Stored } from "../state/State.ts"
import type { LogTime } from "../value/LogIndex.ts"
import * as Clauses from "./Clauses.ts"
import type { Matches } from "./Matches.ts"
import { plan, type Access } from "./plan.ts"
import { always } from "./Prepared.ts"
import { run, type Search } from "./Search.ts"
import * as Sort from "./Sort.ts"
import { Top } from "./Top.ts"

/** Stands before the first document until `next` is called. @category models */
export interface Found {
  /** The document that the last `next` came to. */
  readonly value: Stored
  /** False at the end. */
  readonly next: () => boolean
}

/**
 * The documents that match and have not expired at `time`, the one of the lowest `_id` first.
 *
 * @category getters
 */
export const find = (collection: Collection, node: Node | undefined, time: LogTime): Found => {
  const clauses = node === undefined ? Clauses.none : Clauses.of(node)
  const matches = node === undefined ? always : compile(node)
  const search = { collection, clauses, matches, time }
  const { access, fallback } = plan(collection, clauses, Sort.byId)
  const found = all(search, access)
  if (access.ordered) return found
  const top = new Top(Sort.byId, Infinity)
  for (let count = 1; found.next(); count += 1) {
    if (count > Limits.sortMax && fallback !== undefined) return all(search, fallback)
    top.add(found.value)
  }
  return new Listed(top.sorted())
}

const all = (search: Search, access: Access): Matches => {
  const found = run(search, access, Sort.byId)
  found.allow(Infinity)
  return found
}

class Listed implements Found {
  value!: Stored
  private readonly list: ReadonlyArray<Stored>
  private at = 0

  constructor(list: ReadonlyArray<Stored>) {
    this.list = list
  }

  next(): boolean {
    if (this.at === this.list.length) return false
    this.value = this.list[this.at]!
    this.at += 1
    return true
  }
}
