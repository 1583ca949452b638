/** A page that is being filled: up to its limit, or to as many bytes as fit into a message. */
import * as Limits from "../command/Limits.ts"
import type { ReadRefused } from "../command/Refusal.ts"
import type { Stored } from "../state/State.ts"
import * as Canonical from "../value/Canonical.ts"
import type { Fields, Value } from "../value/Value.ts"
import type { Page } from "./Query.ts"
import type { Located } from "./Search.ts"
import * as Sort from "./Sort.ts"

/** Of the values that a cursor holds: it has to fit into a message beside its page. */
const positionMaxBytes = 64 * 1024

/** @category models */
export class Draft {
  private readonly located: Located
  private readonly limit: number
  private readonly found: Array<Page["found"][number]> = []
  private last: Stored | undefined
  private bytes = 0

  constructor(located: Located, limit: number) {
    this.located = located
    this.limit = limit
  }

  /** False if there is no room for it. For the first there is: no document is as large as a page. */
  add(stored: Stored): boolean {
    if (this.found.length === this.limit) return false
    const { project } = this.located.prepared
    const document = project === undefined ? stored.document : project(stored.document)
    const bytes = project === undefined ? stored.bytes : size(document)
    if (this.bytes + bytes > Limits.pageMaxBytes) return false
    this.bytes += bytes
    this.found.push({ document, rev: stored.rev })
    this.last = stored
    return true
  }

  /** `isMore`: documents come after these. */
  end(isMore: boolean): { readonly _tag: "Page"; readonly page: Page } | ReadRefused {
    const { found, last, located } = this
    if (!isMore || last === undefined) return { _tag: "Page", page: { found } }
    const { prepared, search } = located
    const position = Sort.positionOf(prepared.sort, last.document)
    if (position.values.length > 0 && size(position.values) > positionMaxBytes) return tooLong
    const next = { uid: search.collection.uid, query: prepared.fingerprint, position }
    return { _tag: "Page", page: { found, next } }
  }
}

const tooLong: ReadRefused = {
  _tag: "InvalidQuery",
  path: "sort",
  issue: `a document has more than ${positionMaxBytes} bytes there, too much for a cursor`
}

const size = (value: Fields | ReadonlyArray<Value>): number => {
  const measured = Canonical.measure(value)
  return measured._tag === "Measured" ? measured.bytes : 0
}
