import type { LogIndex } from "@distri/raft/LogIndex"
import type { Configuration } from "@distri/raft/membership/Configuration"

/**
 * Who was a member at which index: a snapshot of a copy that is a little behind holds the members of
 * its own index, not of today.
 */
export class Configurations {
  /** In order of index; the first one is in force before all that is retained. */
  #since: ReadonlyArray<readonly [LogIndex, Configuration]>

  constructor(index: LogIndex, configuration: Configuration) {
    this.#since = [[index, configuration]]
  }

  /** In force from `index` on. */
  add(index: LogIndex, configuration: Configuration): void {
    if (this.#since.at(-1)?.[1] !== configuration)
      this.#since = [...this.#since, [index, configuration]]
  }

  at(index: LogIndex): Configuration | undefined {
    return this.#since.findLast(([since]) => since <= index)?.[1]
  }

  /** Nobody will ask about an index before this one. */
  forget(before: LogIndex): void {
    const first = this.#since.findLastIndex(([since]) => since <= before)
    if (first > 0) this.#since = this.#since.slice(first)
  }

  /** A snapshot took the place of everything. */
  reset(index: LogIndex, configuration: Configuration): void {
    this.#since = [[index, configuration]]
  }
}
